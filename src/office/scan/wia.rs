//! Scanners on Windows, by Windows Image Acquisition 2.0.
//!
//! Each call has a thread of its own, so that COM is set up as it is wanted here whatever the
//! caller's thread does. The driver itself runs in Windows' own service; what it scans comes
//! page by page through a stream in memory.
#![allow(unsafe_code, reason = "COM is spoken by pointers")]
#![allow(non_snake_case, reason = "the methods are named by Windows")]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use windows::Win32::Devices::ImageAcquisition::{
    IWiaDevMgr2, IWiaItem2, IWiaPropertyStorage, IWiaTransfer, IWiaTransferCallback,
    IWiaTransferCallback_Impl, WIA_CATEGORY_FEEDER, WIA_CATEGORY_FLATBED, WIA_DATA_COLOR,
    WIA_DATA_GRAYSCALE, WIA_DEVINFO_ENUM_LOCAL, WIA_DIP_DEV_ID, WIA_DIP_DEV_NAME,
    WIA_ERROR_PAPER_EMPTY, WIA_IPA_DATATYPE, WIA_IPA_FORMAT, WIA_IPS_PAGES, WIA_IPS_XRES,
    WIA_IPS_YRES, WIA_TRANSFER_MSG_END_OF_STREAM, WiaDevMgr2, WiaImgFmt_BMP, WiaImgFmt_JPEG,
    WiaTransferParams,
};
use windows::Win32::Foundation::E_ABORT;
use windows::Win32::System::Com::StructuredStorage::{
    InitPropVariantFromCLSID, PROPSPEC, PROPSPEC_0, PROPVARIANT, PRSPEC_PROPID,
};
use windows::Win32::System::Com::{
    CLSCTX_LOCAL_SERVER, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx, CoUninitialize,
    IStream, STREAM_SEEK_SET,
};
use windows::Win32::UI::Shell::SHCreateMemStream;
use windows_core::{BSTR, Error, GUID, HRESULT, Interface, implement};

use super::{Scanner, ScannerInfo, Take, Wish};
use crate::domain::problem::Problem;
use crate::office::OfficeError;
use crate::office::batch::Cancel;

type Answer<T> = windows_core::Result<T>;

/// A scanner that Windows knows.
#[derive(Debug)]
pub(super) struct Device {
    id: String,
    name: String,
}

impl Device {
    const PREFIX: &str = "wia:";
}

impl Scanner for Device {
    fn info(&self) -> ScannerInfo {
        ScannerInfo {
            id: format!("{}{}", Self::PREFIX, self.id),
            name: self.name.clone(),
            heeds: true,
        }
    }

    fn scan(&self, wish: Wish, take: &mut Take<'_>, cancel: &Cancel) -> Result<(), Problem> {
        let (mut count, mut kept) = (0, Ok(()));
        let stop = cancel.clone();
        let scanned = scan(
            &self.id,
            wish,
            move || stop.is_cancelled(),
            |page| {
                count += 1;
                // What a page's format is, its bytes tell.
                if kept.is_ok() {
                    kept = take(&format!("{} {count}", self.name), &page);
                }
                kept.is_ok()
            },
        );
        kept?;
        scanned.map_err(|error| {
            OfficeError::ScannerFailed { name: self.name.clone(), why: error.to_string() }.into()
        })
    }
}

/// The scanners that are plugged in; where Windows has no such service, none.
pub(super) fn devices() -> Vec<Device> {
    list().unwrap_or_else(|error| {
        tracing::info!(%error, "Windows tells of no scanners");
        Vec::new()
    })
}

/// Identifier and name of each scanner.
fn list() -> Answer<Vec<Device>> {
    on_its_own(|| {
        let manager = manager()?;
        // SAFETY: COM is set up on this thread; every pointer outlives its call.
        let infos = unsafe { manager.EnumDeviceInfo(WIA_DEVINFO_ENUM_LOCAL as i32)? };
        let mut found = Vec::new();
        loop {
            let (mut info, mut count) = (None, 0);
            // SAFETY: as above; one place for one interface.
            let more = unsafe { infos.Next(1, &raw mut info, &raw mut count) };
            let Some(info) = info.filter(|_| more.is_ok() && count == 1) else { break };
            let (id, name) = (text(&info, WIA_DIP_DEV_ID)?, text(&info, WIA_DIP_DEV_NAME)?);
            found.push(Device { id, name });
        }
        Ok(found)
    })
}

/// Scans what is in the feeder, else what lies on the glass; each page is a JPEG or BMP file.
///
/// Ends early when `take` says that it wants no more.
fn scan(
    id: &str,
    wish: Wish,
    is_cancelled: impl Fn() -> bool + Send + Sync + 'static,
    mut take: impl FnMut(Vec<u8>) -> bool,
) -> Answer<()> {
    let (pages, come): (Sender<Vec<u8>>, Receiver<Vec<u8>>) = channel();
    let id = id.to_owned();
    let work = thread::spawn(move || {
        set_up(|| {
            // SAFETY: COM is set up on this thread.
            let root = unsafe { manager()?.CreateDevice(0, &BSTR::from(id.as_str()))? };
            let item = source(&root)?;
            let settings: IWiaPropertyStorage = item.cast()?;
            settle(&settings, wish)?;
            let transfer: IWiaTransfer = item.cast()?;
            let callback: IWiaTransferCallback =
                Callback { pages, stream: Mutex::new(None), is_cancelled: Box::new(is_cancelled) }
                    .into();
            // SAFETY: as above; the callback lives until the call returns.
            match unsafe { transfer.Download(0, &callback) } {
                // The feeder is empty: all pages have come.
                Err(error) if error.code() == WIA_ERROR_PAPER_EMPTY => Ok(()),
                other => other,
            }
        })
    });
    for page in &come {
        if !take(page) {
            break;
        }
    }
    // The next page finds nobody who takes it, and the transfer ends.
    drop(come);
    work.join().unwrap_or_else(|_| Err(Error::from_hresult(E_ABORT)))
}

fn on_its_own<T: Send + 'static>(work: impl FnOnce() -> Answer<T> + Send + 'static) -> Answer<T> {
    let thread = thread::spawn(move || set_up(work));
    thread.join().unwrap_or_else(|_| Err(Error::from_hresult(E_ABORT)))
}

fn set_up<T>(work: impl FnOnce() -> Answer<T>) -> Answer<T> {
    // SAFETY: this thread is ours alone and has not been set up before.
    unsafe { CoInitializeEx(None, COINIT_MULTITHREADED).ok()? };
    let done = work();
    // SAFETY: what `work` used of COM has been dropped.
    unsafe { CoUninitialize() };
    done
}

fn manager() -> Answer<IWiaDevMgr2> {
    // SAFETY: COM is set up on this thread.
    unsafe { CoCreateInstance(&WiaDevMgr2, None, CLSCTX_LOCAL_SERVER) }
}

/// The feeder if there is one, else the glass, else whatever comes first.
fn source(root: &IWiaItem2) -> Answer<IWiaItem2> {
    let mut glass = None;
    // SAFETY: COM is set up on this thread; every pointer outlives its call.
    let items = unsafe { root.EnumChildItems(None)? };
    loop {
        let (mut item, mut count) = (None, 0);
        // SAFETY: as above.
        let more = unsafe { items.Next(1, &raw mut item, &raw mut count) };
        let Some(item) = item.filter(|_| more.is_ok() && count == 1) else { break };
        // SAFETY: as above.
        let category = unsafe { item.GetItemCategory()? };
        if category == WIA_CATEGORY_FEEDER {
            return Ok(item);
        }
        if category == WIA_CATEGORY_FLATBED || glass.is_none() {
            glass = Some(item);
        }
    }
    glass.ok_or_else(|| Error::from_hresult(WIA_ERROR_PAPER_EMPTY))
}

/// What the regulation asks for. That a device has no JPEG, or no count of pages, is no
/// failure: every device gives BMP, and a glass has one page.
fn settle(settings: &IWiaPropertyStorage, wish: Wish) -> Answer<()> {
    let dpi = i32::try_from(wish.dpi).unwrap_or(200);
    let kind = if wish.colour { WIA_DATA_COLOR } else { WIA_DATA_GRAYSCALE } as i32;
    write(settings, WIA_IPA_DATATYPE, &PROPVARIANT::from(kind))?;
    write(settings, WIA_IPS_XRES, &PROPVARIANT::from(dpi))?;
    write(settings, WIA_IPS_YRES, &PROPVARIANT::from(dpi))?;
    // All pages of the feeder.
    let _ = write(settings, WIA_IPS_PAGES, &PROPVARIANT::from(0_i32));
    if write(settings, WIA_IPA_FORMAT, &format(&WiaImgFmt_JPEG)?).is_err() {
        write(settings, WIA_IPA_FORMAT, &format(&WiaImgFmt_BMP)?)?;
    }
    Ok(())
}

fn format(format: &GUID) -> Answer<PROPVARIANT> {
    // SAFETY: the identifier is copied.
    unsafe { InitPropVariantFromCLSID(format) }
}

const fn named(property: u32) -> PROPSPEC {
    PROPSPEC { ulKind: PRSPEC_PROPID, Anonymous: PROPSPEC_0 { propid: property } }
}

fn write(settings: &IWiaPropertyStorage, property: u32, value: &PROPVARIANT) -> Answer<()> {
    const FIRST: u32 = 2;
    let property = named(property);
    // SAFETY: one property, one value; both outlive the call.
    unsafe { settings.WriteMultiple(1, &raw const property, value, FIRST) }
}

fn text(settings: &IWiaPropertyStorage, property: u32) -> Answer<String> {
    let property = named(property);
    let mut value = PROPVARIANT::default();
    // SAFETY: one property, one place; both outlive the call, and the value is freed with it.
    unsafe { settings.ReadMultiple(1, &raw const property, &raw mut value)? };
    Ok(value.to_string())
}

/// Gives each page a stream and hands its bytes over when it is whole.
#[implement(IWiaTransferCallback)]
struct Callback {
    pages: Sender<Vec<u8>>,
    stream: Mutex<Option<IStream>>,
    is_cancelled: Box<dyn Fn() -> bool + Send + Sync>,
}

impl IWiaTransferCallback_Impl for Callback_Impl {
    fn TransferCallback(&self, _: i32, params: *const WiaTransferParams) -> Answer<()> {
        if (self.is_cancelled)() {
            return Err(Error::from_hresult(E_ABORT));
        }
        // SAFETY: the service gives a pointer that is good during the call, or none.
        let Some(params) = (unsafe { params.as_ref() }) else { return Ok(()) };
        if params.lMessage == WIA_TRANSFER_MSG_END_OF_STREAM as i32 {
            let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(stream) = stream {
                let gone = |_| Error::from_hresult(E_ABORT);
                self.pages.send(whole(&stream)?).map_err(gone)?;
            }
        }
        Ok(())
    }

    fn GetNextStream(&self, _: i32, _: &BSTR, _: &BSTR) -> Answer<IStream> {
        // SAFETY: a new stream of ours, empty.
        let stream = unsafe { SHCreateMemStream(None) };
        let stream = stream.ok_or_else(|| Error::from_hresult(E_ABORT))?;
        *self.stream.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream.clone());
        Ok(stream)
    }
}

/// The bytes of a stream from its beginning.
fn whole(stream: &IStream) -> Answer<Vec<u8>> {
    // SAFETY: the stream is ours; no place for the new position is asked for.
    unsafe { stream.Seek(0, STREAM_SEEK_SET, None)? };
    let mut bytes = Vec::new();
    let mut part = vec![0_u8; 1 << 16];
    loop {
        let mut read = 0;
        let length = u32::try_from(part.len()).unwrap_or(0);
        // SAFETY: `part` has room for `length` bytes, and `read` for their number.
        let answer: HRESULT =
            unsafe { stream.Read(part.as_mut_ptr().cast(), length, Some(&raw mut read)) };
        answer.ok()?;
        if read == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(part.get(..read as usize).unwrap_or_default());
    }
}
