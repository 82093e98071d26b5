//! The server and the signing are set up as the window does it: tried first, then all at once.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use vanthu::domain::verdict::Level;
use vanthu::exchange::engine::Queues;
use vanthu::exchange::{
    DeliveryState, Directory, ExchangeError, InboxItem, InboxPage, Line, Listing, Outcome, Parcel,
    Receipt, ServerInfo, ServerProfile, Trust, Watch,
};
use vanthu::office::Office;
use vanthu::office::line::authorities;
use vanthu::office::set_up::{DeskOrder, Proof, ServerOrder, SetUp, SigningLook, SigningOrder};
use vanthu::pdf::appearance::{demo_seal, demo_signature};
use vanthu::pki::demo::Authority;
use vanthu::rules::facts::NumberTaken;
use vanthu::token::Pin;

use crate::offices::{Two, sealed, secret, server};
use crate::world::TAN_BINH;

fn order(url: &str, secret: Proof) -> ServerOrder {
    ServerOrder {
        url: url.to_owned(),
        secret,
        profile: ServerProfile::Vanthu,
        trust: Trust::System,
        certificate: Proof::Kept,
    }
}

fn of_server(server: ServerOrder) -> SetUp {
    SetUp { server: Some(server), ..SetUp::default() }
}

#[test]
fn a_line_is_tried_without_being_set() {
    let two = Two::begin();
    let a = &two.a;
    let before = (a.server_look().unwrap(), a.server_setting().unwrap().unwrap());
    let url = before.0.url.clone();

    // What is kept is believed, as is the same typed anew.
    for proof in [Proof::Kept, Proof::New(secret(TAN_BINH))] {
        let tried = a.try_server(&order(&url, proof), &()).unwrap();
        assert_eq!(tried.problem, None);
        let server = tried.server.unwrap();
        assert!(!server.version.is_empty() && server.skew.abs().as_secs() < 60, "{server:?}");
    }
    // The server is there, but does not know who asks.
    let tried = a.try_server(&order(&url, Proof::New(Pin::new("sai"))), &()).unwrap();
    assert!(tried.server.is_some());
    assert_eq!(tried.problem.unwrap().code, "exchange-bad-credentials");
    // Nobody is there, and who is there is no gateway of the axis.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = a.try_server(&order(&format!("http://{free}"), Proof::Kept), &()).unwrap_err();
    assert_eq!(nobody.code, "exchange-unreachable");
    let axis = ServerOrder {
        profile: ServerProfile::read("axis").unwrap(),
        ..order(&format!("{url}/khong-co"), Proof::Kept)
    };
    assert!(a.try_server(&axis, &()).is_err());
    let called_off = a.try_server(&order(&url, Proof::Kept), &|| true).unwrap_err();
    assert_eq!(called_off.code, "exchange-cancelled");

    let after = (a.server_look().unwrap(), a.server_setting().unwrap().unwrap());
    assert_eq!(before.0, after.0);
    assert_eq!(before.1.secret.reveal(), after.1.secret.reveal());
    assert!(!format!("{:?}", order(&url, Proof::New(secret(TAN_BINH)))).contains("bi-mat"));
}

#[test]
fn an_order_is_carried_out_whole_or_not_at_all() {
    let two = Two::begin();
    let a = &two.a;
    let desk = || (a.watched_folder().unwrap(), a.scanned_folder().unwrap(), a.notifies());
    let looks = || (a.server_look().unwrap(), a.signing_look().unwrap(), desk());
    let before = looks();
    let elsewhere = || order("https://may-chu-khac.vn/", Proof::New(Pin::new(" moi ")));
    let mut opaque = Vec::new();
    image::RgbImage::new(200, 200)
        .write_to(&mut std::io::Cursor::new(&mut opaque), image::ImageFormat::Png)
        .unwrap();
    let refused = |server: ServerOrder, signing: SigningOrder| {
        let folders = tempfile::tempdir().unwrap();
        let watched = Some(Some(folders.path().to_owned()));
        let desk = DeskOrder { notifies: Some(false), watched, ..DeskOrder::default() };
        let order = SetUp { server: Some(server), signing, desk };
        let code = a.set_up(&order).unwrap_err().code;
        assert_eq!(looks(), before, "{code}");
        code
    };
    let none = SigningOrder::default;

    let image = SigningOrder { seal_image: Some(Some(Arc::from(opaque.as_slice()))), ..none() };
    assert_eq!(refused(elsewhere(), image), "office-image-opaque");
    let tsa = SigningOrder { tsa: Some(vec!["khong phai".to_owned()]), ..none() };
    assert_eq!(refused(elsewhere(), tsa), "office-bad-setting");
    let wide = SigningOrder { seal_mm: Some(Some(90.0)), ..none() };
    assert_eq!(refused(elsewhere(), wide), "office-bad-setting");
    // Nor somebody's key with a certificate before it: it would be kept as something public.
    let authority = Authority::create(Timestamp::now()).unwrap();
    let pem = authority.root().to_pem();
    let begins = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for pinned in ["khong phai".to_owned(), format!("{pem}{begins}")] {
        let unbelieved = ServerOrder { trust: Trust::Pinned(pinned.into()), ..elsewhere() };
        assert_eq!(refused(unbelieved, none()), "office-no-authority");
    }
    assert_eq!(authorities(pem.as_bytes()).unwrap().len(), 1);
    let shown = Proof::New(Pin::new("khong phai"));
    let unfit = ServerOrder { certificate: shown, ..elsewhere() };
    assert_eq!(refused(unfit, none()), "exchange-bad-certificate");
    assert_eq!(refused(order("http://10.0.0.1", Proof::Kept), none()), "exchange-not-encrypted");
    assert_eq!(
        refused(order("https://may-chu.vn", Proof::None), none()),
        "office-no-server-secret"
    );

    let signing = SigningOrder {
        signature_image: Some(Some(demo_signature(1).unwrap().into())),
        seal_image: Some(Some(demo_seal("UBND xã").unwrap().into())),
        seal_mm: Some(Some(35.5)),
        tsa: Some(vec!["http://tsa.vn/".to_owned(), "https://tsa2.vn".to_owned()]),
        level: Some(Level::Blta),
        number_taken: Some(NumberTaken::OrganisationSignature),
    };
    let order_of = |desk| SetUp { server: Some(elsewhere()), signing: signing.clone(), desk };
    // A folder that is not there costs the others nothing.
    let folders = tempfile::tempdir().unwrap();
    let [one, other, gone] = ["một", "hai", "không có"].map(|name| folders.path().join(name));
    for folder in [&one, &other] {
        std::fs::create_dir(folder).unwrap();
    }
    let watched = Some(Some(one.clone()));
    for (scanned, code) in [(&gone, "office-folder-gone"), (&one, "office-folder-twice")] {
        let desk = DeskOrder {
            watched: watched.clone(),
            scanned: Some(Some(scanned.clone())),
            ..DeskOrder::default()
        };
        assert_eq!(a.set_up(&order_of(desk)).unwrap_err().code, code);
        assert_eq!(looks(), before);
    }
    let scanned = Some(Some(other.clone()));
    a.set_up(&order_of(DeskOrder { watched, scanned, ..DeskOrder::default() })).unwrap();
    assert_eq!(desk(), (Some(one.clone()), Some(other.clone()), true));
    // One for the other, in one order.
    let (watched, scanned) = (Some(Some(other.clone())), Some(Some(one.clone())));
    let swapped = DeskOrder { watched, scanned, notifies: Some(false), ..DeskOrder::default() };
    a.set_up(&SetUp { desk: swapped, ..SetUp::default() }).unwrap();
    assert_eq!(desk(), (Some(other), Some(one), false));
    let (line, look) = (a.server_setting().unwrap().unwrap(), a.signing_look().unwrap());
    assert_eq!((line.url.as_str(), line.secret.reveal()), ("https://may-chu-khac.vn", "moi"));
    let kept = [&look.signature_image, &look.seal_image];
    let kept = kept.map(|png| Some(png.as_deref().map(Arc::from)));
    assert_eq!(kept, [signing.signature_image.clone(), signing.seal_image.clone()]);
    assert_eq!((look.seal_mm, look.level), (Some(35.5), Some(Level::Blta)));
    assert_eq!(look.tsa, ["http://tsa.vn", "https://tsa2.vn"]);
    assert_eq!(look.number_taken, NumberTaken::OrganisationSignature);
    // What is not ordered stays.
    a.set_up(&of_server(order("may-chu-ba.vn", Proof::Kept))).unwrap();
    let line = a.server_setting().unwrap().unwrap();
    assert_eq!((line.url.as_str(), line.secret.reveal()), ("https://may-chu-ba.vn", "moi"));
    assert_eq!(a.signing_look().unwrap(), look);
    a.set_up(&SetUp {
        signing: SigningOrder { seal_mm: Some(None), seal_image: Some(None), ..none() },
        ..SetUp::default()
    })
    .unwrap();
    let otherwise = SigningLook { seal_mm: None, seal_image: None, ..look };
    assert_eq!(a.signing_look().unwrap(), otherwise);
}

#[test]
fn an_exchange_that_runs_keeps_nothing_by_the_address_of_the_next_server() {
    let two = Two::begin();
    let a = &two.a;
    let good = a.server().unwrap();
    // A server that takes a call and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    a.set_server(&address, &secret(TAN_BINH)).unwrap();
    let (asked, is_asked) = channel();
    let (go_on, waits) = channel::<()>();
    let listening = thread::spawn(move || {
        let (mut call, _) = silent.accept().unwrap();
        call.read_exact(&mut [0]).unwrap();
        asked.send(()).unwrap();
        // Until the test goes on, or is gone.
        let _ = waits.recv_timeout(Duration::from_secs(30));
    });
    thread::scope(|scope| {
        let runs = scope.spawn(|| a.sync());
        is_asked.recv_timeout(Duration::from_secs(30)).unwrap();
        // Setting another one does not wait for it.
        a.set_up(&of_server(order(&good, Proof::Kept))).unwrap();
        assert_eq!(a.server().as_deref(), Some(good.as_str()));
        // The old one's cursor is not taken for the new one's.
        Queues::set_cursor(a, "cua-may-chu-cu").unwrap();
        drop(go_on);
        assert!(runs.join().unwrap().unwrap().problem.is_some());
    });
    listening.join().unwrap();
    assert_ne!(Queues::cursor(a).unwrap().as_deref(), Some("cua-may-chu-cu"));
    assert_eq!(a.sync().unwrap().problem, None);
}

/// A server that answers, and while it does another one is set.
struct Turning<'a> {
    office: &'a Office,
    order: SetUp,
}

impl Line for Turning<'_> {
    fn health(&self) -> Result<ServerInfo, ExchangeError> {
        self.office.set_up(&self.order).unwrap();
        Ok(ServerInfo {
            version: "cũ".to_owned(),
            time: Timestamp::now(),
            skew: SignedDuration::ZERO,
            packet_limit: u64::MAX,
        })
    }

    fn send(&self, _: &Parcel, _: &dyn Watch) -> Result<Receipt, ExchangeError> {
        panic!("it goes to the server that was left")
    }

    fn inbox(&self, _: Listing<'_>, _: u32) -> Result<InboxPage, ExchangeError> {
        panic!("it comes from the server that was left")
    }

    fn go_on_fetching(
        &self,
        _: &InboxItem,
        _: &mut Vec<u8>,
        _: &dyn Watch,
    ) -> Result<(), ExchangeError> {
        panic!("it comes from the server that was left")
    }

    fn confirm(&self, _: &str, _: Outcome) -> Result<(), ExchangeError> {
        panic!("the server that was left is told")
    }

    fn agencies(&self, _: u64) -> Result<Directory, ExchangeError> {
        panic!("the server that was left is asked")
    }

    fn delivery(&self, _: &str) -> Result<DeliveryState, ExchangeError> {
        panic!("the server that was left is asked")
    }
}

#[test]
fn nothing_more_goes_to_a_server_that_was_left() {
    let two = Two::begin();
    let a = &two.a;
    let key = sealed(a, &two.tokens, "Văn bản");
    a.issue(key).unwrap();
    let order = of_server(order(&a.server().unwrap(), Proof::Kept));
    let report = a.sync_now_over(&Turning { office: a, order }).unwrap();
    assert_eq!(report.problem.unwrap().code, "exchange-cancelled");
    // It goes with the next, without having rested.
    let report = a.sync().unwrap();
    assert_eq!((report.sent, report.problem), (1, None));
}

#[test]
fn another_server_is_used_by_the_next_exchange() {
    let root = tempfile::tempdir().unwrap();
    let fresh = server(&root.path().join("server"));
    let two = Two::begin();
    two.a.set_up(&of_server(order(&fresh.url(), Proof::New(secret(TAN_BINH))))).unwrap();
    assert_eq!(two.a.sync().unwrap().problem, None);
}
