//! Uploads of our own profile that go on where they broke off.

use std::sync::Mutex;

use vanthu::exchange::{ExchangeError, Watch};

use super::proxy::{Fault, Proxy};
use super::*;

on_both! {
    what_came_up_stays_for_the_next_sending,
    what_a_power_cut_left_of_an_upload_is_told_by_its_hash,
    an_upload_that_is_gone_is_begun_anew,
}

fn what_came_up_stays_for_the_next_sending(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let a = line(&proxy.url(), COMMUNE);
    // A line that brings nothing is left after a few rounds.
    proxy.spoil([Fault::CutUp(300_000)].into_iter().chain([Fault::CutUp(100); 40]));
    let bytes = packet(4, MIB);
    let error = a.send(&parcel("l", &[PROVINCE], &bytes), &()).unwrap_err();
    assert!(matches!(error, ExchangeError::Cut(_)), "{error}");
    proxy.spoil([]);
    let up = proxy.up();
    line(&proxy.url(), COMMUNE).send(&parcel("l", &[PROVINCE], &bytes), &()).unwrap();
    assert!(proxy.up() - up < 900_000, "{} bytes went up again", proxy.up() - up);
}

fn what_a_power_cut_left_of_an_upload_is_told_by_its_hash(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, bytes) = (line(&proxy.url(), COMMUNE), packet(10, MIB));
    proxy.spoil([Fault::CutUp(500_000)].into_iter().chain([Fault::CutUp(0); 40]));
    assert!(a.send(&parcel("k", &[PROVINCE], &bytes), &()).is_err());
    let files = std::fs::read_dir(place.path().join("uploads")).unwrap().flatten();
    let part = files.max_by_key(|file| file.metadata().unwrap().len()).unwrap().path();
    let length = usize::try_from(part.metadata().unwrap().len()).unwrap();
    std::fs::write(&part, vec![0; length]).unwrap();
    proxy.spoil([]);
    let a = line(&proxy.url(), COMMUNE);
    assert_eq!(a.send(&parcel("k", &[PROVINCE], &bytes), &()), Err(ExchangeError::Damaged));
    // Nothing of it is left, so the next sending begins anew.
    a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
}

fn an_upload_that_is_gone_is_begun_anew(place: &Place) {
    /// Ends the upload behind the back of whoever goes on with it.
    struct EndAll<'a>(&'a Place, Mutex<bool>);
    impl Watch for EndAll<'_> {
        fn bytes(&self, _done: u64, _of: u64) {
            let ended = std::mem::replace(&mut *self.1.lock().unwrap(), true);
            if !ended {
                self.0.sql("DELETE FROM upload");
            }
        }
    }
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let bytes = packet(13, 80_000);
    // So late that the end comes before the bytes.
    proxy.spoil([Fault::Late(250)]);
    let watch = EndAll(place, Mutex::new(false));
    let receipt = line(&proxy.url(), COMMUNE).send(&parcel("k", &[PROVINCE], &bytes), &watch);
    let receipt = receipt.unwrap();
    assert!(*watch.1.lock().unwrap(), "it was not ended");
    let b = line(&server.url(), PROVINCE);
    let items = b.inbox(Listing::After(None), 10).unwrap().items;
    assert_eq!((items.len(), &items[0].id), (1, &receipt.server_id));
    assert_eq!(b.fetch(&items[0], &()).unwrap(), bytes);
}
