//! Vendors' modules that crash, hang, lie and babble: the helper process keeps all of it from
//! this one, each fault is told for what it is, and the next try works. `shim.c` is such a
//! module, on top of SoftHSM.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use vanthu::domain::problem::Problem;
use vanthu::pki::algorithm::DigestAlgorithm::Sha256;
use vanthu::pki::algorithm::SignatureScheme::{RsaPkcs1, RsaPss};
use vanthu::token::host::{Patience, patience, set_patience};
use vanthu::token::pkcs11::{Source, State, candidates, finalize, tokens, try_module};
use vanthu::token::{self, Pin, PinState, Place, Selector, Sources, Token, TokenError};

use crate::rig::*;

/// A shim of its own for one test, with the rig held and the patience short.
struct Shim {
    _rig: Rig,
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Shim {
    fn new() -> Self {
        let rig = Rig::hold();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("libvendor.so");
        std::fs::copy(built(), &path).unwrap();
        let short = Duration::from_millis(700);
        set_patience(Some(Patience { list: short, login: short, sign: short, ..patience() }));
        Self { _rig: rig, _folder: folder, path }
    }

    /// How the module behaves from now on.
    fn mode(&self, words: &str) {
        // Under another name first: the module reads at any moment.
        let part = self.path.with_extension("part");
        std::fs::write(&part, words).unwrap();
        std::fs::rename(part, self.path.with_extension("so.mode")).unwrap();
    }

    fn open(&self) -> Result<Box<dyn Token>, TokenError> {
        let token = "leader".to_owned();
        token::open(&Selector::Pkcs11 { module: self.path.clone(), token })
    }

    fn logged_in(&self) -> Box<dyn Token> {
        let mut token = self.open().unwrap();
        token.login(&pin()).unwrap();
        token
    }

    /// How often a PIN was presented to the module.
    fn logins(&self) -> usize {
        let log = std::fs::read_to_string(self.path.with_extension("so.log"));
        log.unwrap_or_default().lines().count()
    }

    /// The processes that have this module as an argument, as /proc tells.
    fn helpers(&self) -> Vec<PathBuf> {
        let name = self.path.as_os_str().as_encoded_bytes();
        let processes = std::fs::read_dir("/proc").unwrap();
        processes
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|process| {
                std::fs::read(process.join("cmdline"))
                    .is_ok_and(|line| line.split(|byte| *byte == 0).any(|word| word == name))
            })
            .collect()
    }

    fn until_no_helper(&self) {
        let started = Instant::now();
        while !self.helpers().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(8), "{:?} lives", self.helpers());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn crashed(&self, error: &TokenError) -> bool {
        matches!(error, TokenError::ModuleCrashed { path, .. } if *path == self.path)
    }

    fn hung(&self) -> TokenError {
        TokenError::ModuleHung { path: self.path.clone() }
    }

    /// The module is well again, and signs.
    fn is_well(&self) {
        self.mode("");
        sign_and_verify(&mut *self.logged_in(), "02", "leader", RsaPkcs1, Sha256);
    }
}

impl Drop for Shim {
    fn drop(&mut self) {
        set_patience(None);
        self.mode("");
        finalize();
    }
}

/// The module, built once.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tokens/shim.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shim.so");
        let built = Command::new("cc")
            .args(["-Wall", "-Wno-unused-result", "-shared", "-fPIC"])
            .arg(format!("-DSOFTHSM=\"{}\"", env("RIG_SOFTHSM_MODULE")))
            .args([source.as_os_str(), "-o".as_ref(), library.as_os_str(), "-ldl".as_ref()])
            .output()
            .expect("the C compiler cc");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        library
    })
}

#[test]
fn a_module_that_crashes_in_the_signature() {
    let shim = Shim::new();
    let mut token = shim.logged_in();
    let mut other = token::open(&softhsm()).unwrap();
    other.login(&pin()).unwrap();
    shim.mode("crash-sign");
    let error = sign(&mut *token, "02").unwrap_err();
    assert!(shim.crashed(&error), "{error:?}");
    let problem = Problem::from(error.clone());
    assert_eq!((problem.code, problem.kind.exit_status()), ("token-module-crashed", 4));
    // What was open in the helper stays lost and says why; no PIN is presented for it again.
    assert_eq!(sign(&mut *token, "02"), Err(error.clone()));
    assert_eq!(token.certificates(), Err(error));
    assert_eq!(shim.logins(), 1);
    // Another module is not disturbed, and this one works at the next try.
    sign(&mut *other, "02").unwrap();
    shim.is_well();
    assert_eq!(shim.logins(), 2);
}

#[test]
fn a_module_that_crashes_wherever_it_can() {
    let shim = Shim::new();
    for mode in ["crash-load", "crash-initialize", "crash-list", "exit-list", "many-slots"] {
        shim.mode(mode);
        let error = tokens(&shim.path).unwrap_err();
        assert!(shim.crashed(&error), "{mode}: {error:?}");
        let error = shim.open().unwrap_err();
        assert!(shim.crashed(&error), "{mode}: {error:?}");
        shim.mode("");
        assert!(!tokens(&shim.path).unwrap().is_empty(), "{mode}");
        finalize();
    }
    let mut token = shim.open().unwrap();
    shim.mode("crash-login");
    assert!(shim.crashed(&token.login(&pin()).unwrap_err()));
    assert_eq!(shim.logins(), 1, "a PIN is never presented again after a crash");
    shim.is_well();
}

#[test]
fn a_helper_that_was_killed_in_its_sleep_is_not_missed() {
    let shim = Shim::new();
    tokens(&shim.path).unwrap();
    let helper = shim.helpers().remove(0);
    let id = helper.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(Command::new("kill").args(["-9", &id]).status().unwrap().success());
    let mut token = shim.logged_in();
    sign(&mut *token, "02").unwrap();
}

#[test]
fn a_module_that_hangs_is_ended() {
    let shim = Shim::new();
    for mode in ["hang-list", "hang-initialize", "hang-load"] {
        shim.mode(mode);
        let started = Instant::now();
        assert_eq!(tokens(&shim.path), Err(shim.hung()), "{mode}");
        assert!(started.elapsed() < Duration::from_secs(3), "{mode}");
        shim.until_no_helper();
    }
    shim.mode("");
    let mut token = shim.logged_in();
    shim.mode("hang-sign");
    assert_eq!(sign(&mut *token, "02"), Err(shim.hung()));
    assert_eq!(Problem::from(shim.hung()).code, "token-module-hung");
    shim.until_no_helper();
    shim.mode("");
    let mut token = shim.open().unwrap();
    shim.mode("hang-login");
    assert_eq!(token.login(&pin()), Err(shim.hung()));
    assert_eq!(shim.logins(), 2);
    shim.is_well();
}

#[test]
fn whoever_waits_behind_a_long_signature_is_told_so_and_ends_nothing() {
    let shim = Shim::new();
    let patient = Patience { sign: Duration::from_secs(30), ..patience() };
    set_patience(Some(patient));
    let mut token = shim.logged_in();
    shim.mode("hang-sign");
    let signing = std::thread::spawn(move || sign(&mut *token, "02"));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(tokens(&shim.path), Err(TokenError::Busy));
    shim.mode("");
    signing.join().unwrap().unwrap();
    assert!(!tokens(&shim.path).unwrap().is_empty());
}

#[test]
fn a_module_that_babbles_or_lies_about_lengths() {
    let shim = Shim::new();
    shim.mode("noise");
    sign_and_verify(&mut *shim.logged_in(), "02", "leader", RsaPss, Sha256);
    shim.mode("huge-lengths");
    assert_eq!(shim.open().unwrap().certificates(), Ok(Vec::new()));
    shim.mode("endless");
    let answer = shim.open().unwrap().certificates();
    assert!(answer.as_ref().is_ok_and(|list| list.len() <= 64) || answer.is_err(), "{answer:?}");
    shim.mode("flood");
    let error = tokens(&shim.path).unwrap_err();
    assert!(matches!(error, TokenError::ModuleNonsense { .. }), "{error:?}");
    shim.until_no_helper();
    shim.is_well();
}

#[test]
fn a_modules_fault_is_never_a_wrong_pin() {
    let shim = Shim::new();
    let mut token = shim.open().unwrap();
    let codes = ["CKR_DEVICE_ERROR", "CKR_GENERAL_ERROR", "CKR_FUNCTION_FAILED"];
    for (mode, code) in ["device-login", "general-login", "failed-login"].into_iter().zip(codes) {
        shim.mode(mode);
        let failed = TokenError::Device { code: code.to_owned() };
        assert_eq!(token.login(&pin()), Err(failed), "{mode}");
    }
    assert_eq!(shim.logins(), 3, "each is presented once");
    // A driver that calls a card pulled out a wrong PIN.
    shim.mode("gone-login");
    assert!(matches!(token.login(&pin()), Err(TokenError::Removed | TokenError::Device { .. })));
    shim.mode("");
    token.login(&pin()).unwrap();
    for (mode, told) in [
        ("pin-sign", TokenError::Device { code: "CKR_PIN_INCORRECT".to_owned() }),
        ("device-sign", TokenError::Device { code: "CKR_DEVICE_ERROR".to_owned() }),
        ("closed-sign", TokenError::Removed),
    ] {
        shim.mode(mode);
        assert_eq!(sign(&mut *token, "02"), Err(told), "{mode}");
    }
    shim.mode("");
    sign(&mut *token, "02").unwrap();
    assert_eq!(shim.logins(), 5);
    // A signature that does not verify is none.
    shim.mode("spoil");
    let certificates = token.certificates().unwrap();
    let leader = certificates.iter().find(|one| one.key.0 == "02").unwrap();
    let digest = Sha256.digest(MESSAGE);
    let spoilt = token::sign_proved(&mut *token, leader, RsaPkcs1, Sha256, &digest);
    assert_eq!(spoilt, Err(TokenError::BadSignature));
}

#[test]
fn the_flags_of_the_pin_are_told_before_it_is_asked_for() {
    let shim = Shim::new();
    let mut token = shim.open().unwrap();
    for (mode, state) in [
        ("", PinState::TriesLeft(None)),
        ("low", PinState::CountLow),
        ("low final", PinState::TriesLeft(Some(1))),
        ("low final locked", PinState::Blocked),
        ("pad", PinState::PinPad),
        ("pad locked", PinState::Blocked),
    ] {
        shim.mode(mode);
        assert_eq!(token.pin_state(), Ok(state), "{mode}");
    }
    shim.mode("final");
    assert_eq!(token.login(&wrong_pin()), Err(TokenError::WrongPin { tries_left: Some(1) }));
    shim.mode("locked");
    assert_eq!(token.login(&wrong_pin()), Err(TokenError::PinBlocked));
}

#[test]
fn a_pin_typed_on_the_readers_keys() {
    let shim = Shim::new();
    shim.mode(&format!("pad={}", env("RIG_LEADER_PIN")));
    let mut token = shim.open().unwrap();
    assert_eq!(token.pin_state(), Ok(PinState::PinPad));
    token.login_on_pad().unwrap();
    sign_and_verify(&mut *token, "02", "leader", RsaPkcs1, Sha256);
    let refused = token.change_pin(&pin(), &Pin::new("11223344"));
    assert!(matches!(refused, Err(TokenError::Unsupported { .. })), "{refused:?}");
    drop(token);
    // Typed for every signature, where the key wants that.
    shim.mode(&format!("pad={} always", env("RIG_LEADER_PIN")));
    let mut token = shim.open().unwrap();
    token.login_on_pad().unwrap();
    let before = shim.logins();
    sign(&mut *token, "02").unwrap();
    sign(&mut *token, "02").unwrap();
    assert_eq!(shim.logins() - before, 2);
    drop(token);
    shim.mode("pad=00000000");
    let mut token = shim.open().unwrap();
    assert!(matches!(token.login_on_pad(), Err(TokenError::WrongPin { .. })));
    shim.mode("pad cancel");
    assert_eq!(token.login_on_pad(), Err(TokenError::Cancelled));
    shim.mode("");
    assert!(matches!(shim.open().unwrap().login_on_pad(), Err(TokenError::Unsupported { .. })));
}

#[test]
fn a_key_that_wants_the_pin_before_every_signature() {
    let shim = Shim::new();
    shim.mode("always");
    let mut token = shim.logged_in();
    assert!(token.wants_pin_every_time(&token::KeyRef("02".to_owned())));
    for _ in 0..3 {
        sign_and_verify(&mut *token, "02", "leader", RsaPkcs1, Sha256);
    }
    assert_eq!(shim.logins(), 4);
    shim.mode("");
    assert!(!token.wants_pin_every_time(&token::KeyRef("02".to_owned())));
}

#[test]
fn a_login_of_another_program_does_not_stand_for_this_pin() {
    let shim = Shim::new();
    shim.mode("already");
    let mut token = shim.open().unwrap();
    assert!(matches!(token.login(&wrong_pin()), Err(TokenError::WrongPin { .. })));
    token.login(&pin()).unwrap();
    sign(&mut *token, "02").unwrap();
    drop(token);
    finalize();
    shim.mode("already stubborn");
    assert_eq!(shim.open().unwrap().login(&pin()), Err(TokenError::Busy));
}

#[test]
fn one_owners_login_is_nobody_elses() {
    let shim = Shim::new();
    let mut first = shim.logged_in();
    let mut second = shim.open().unwrap();
    assert_eq!(shim.helpers().len(), 1, "one helper for the module");
    sign(&mut *first, "02").unwrap();
    assert_eq!(sign(&mut *second, "02"), Err(TokenError::LoginNeeded));
    drop(first);
    assert_eq!(sign(&mut *second, "02"), Err(TokenError::LoginNeeded));
    // Closed with its owner: the right to log in is free again.
    second.login(&pin()).unwrap();
    sign(&mut *second, "02").unwrap();
    assert_eq!(shim.helpers().len(), 1, "used again");
}

#[test]
fn the_pin_is_changed_and_the_old_one_is_counted() {
    let shim = Shim::new();
    let (old, new) = (pin(), Pin::new("98765432"));
    let mut token = shim.logged_in();
    let short = token.change_pin(&old, &Pin::new("1"));
    let wrong = token.change_pin(&wrong_pin(), &new);
    let changed = token.change_pin(&old, &new);
    let logged_out = sign(&mut *token, "02");
    let with_old = token.login(&old);
    let with_new = token.login(&new);
    let signed = sign(&mut *token, "02");
    // First of all the rig's PIN again.
    if changed.is_ok() {
        token.change_pin(&new, &old).unwrap();
    }
    assert!(matches!(short, Err(TokenError::PinLength { .. })), "{short:?}");
    assert!(matches!(wrong, Err(TokenError::WrongPin { .. })), "{wrong:?}");
    assert_eq!(changed, Ok(()));
    assert_eq!(logged_out, Err(TokenError::LoginNeeded));
    assert!(matches!(with_old, Err(TokenError::WrongPin { .. })), "{with_old:?}");
    assert_eq!(with_new, Ok(()));
    signed.unwrap();
    token.login(&old).unwrap();
}

#[test]
fn a_helper_that_nobody_uses_ends_and_a_used_one_stays() {
    let shim = Shim::new();
    set_patience(Some(Patience { idle: Duration::from_millis(200), ..patience() }));
    let mut token = shim.logged_in();
    std::thread::sleep(Duration::from_millis(700));
    sign(&mut *token, "02").unwrap();
    drop(token);
    shim.until_no_helper();
    assert_zombies_none();
    shim.is_well();
}

/// No child of this process is left unburied.
fn assert_zombies_none() {
    let own = std::process::id().to_string();
    let listed = Command::new("ps").args(["--ppid", &own, "-o", "stat="]).output().unwrap();
    let states = String::from_utf8(listed.stdout).unwrap();
    // `ps` itself is one of the children.
    assert!(!states.lines().any(|state| state.starts_with('Z')), "{states}");
}

#[test]
fn the_helper_ends_with_whoever_started_it_even_while_its_module_hangs() {
    let shim = Shim::new();
    shim.mode("hang-list");
    let mut helper = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .arg("token-host")
        .arg(&shim.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // «List» as the desk would say it: mark, number, lengths, text.
    let frame = [
        &[0xF5, b'v', b't', b'h', 0x00, 0xC1, 0x0A, 0xFE, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0][..],
        b"\"List\"",
    ];
    let mut input = helper.stdin.take().unwrap();
    input.write_all(&frame.concat()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(helper.try_wait().unwrap(), None, "it hangs");
    drop(input);
    let started = Instant::now();
    while helper.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < Duration::from_secs(6), "it outlives its desk");
        std::thread::sleep(Duration::from_millis(20));
    }
    // What is no question ends it too, at once and without a crash.
    let mut helper = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .arg("token-host")
        .arg(&shim.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    helper.stdin.take().unwrap().write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(helper.wait().unwrap().success());
}

#[test]
fn no_pin_is_to_be_seen_from_outside() {
    let shim = Shim::new();
    let mut token = shim.logged_in();
    sign(&mut *token, "02").unwrap();
    let helper = shim.helpers().remove(0);
    let pin = env("RIG_LEADER_PIN");
    let command = std::fs::read(helper.join("cmdline")).unwrap();
    assert!(!String::from_utf8_lossy(&command).contains(&pin));
    // The rig's variable itself holds the PIN; nothing else may.
    let variables = std::fs::read(helper.join("environ")).unwrap();
    for variable in String::from_utf8_lossy(&variables).split('\0') {
        assert!(!variable.contains(&pin) || variable.starts_with("RIG_"), "{variable}");
    }
    assert!(!format!("{token:?}").contains(&pin));
}

#[test]
fn candidates_are_told_from_what_cannot_be_loaded() {
    let shim = Shim::new();
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("libbit4xpki.so");
    let mut head = b"\x7FELF\x01\x01\x01".to_vec();
    head.resize(16, 0);
    head.extend([3, 0, 3, 0]);
    std::fs::write(&old, &head).unwrap();
    let refused = try_module(&old).unwrap_err();
    assert!(
        matches!(&refused, TokenError::ModuleArchitecture { found, .. } if found == "x86, 32 bit")
    );
    assert_eq!(Problem::from(refused).code, "token-module-architecture");
    let list = candidates(&[shim.path.clone(), old.clone()]);
    assert_eq!((list[0].source, &list[0].state), (Source::Administrator, &State::Loadable));
    assert!(list[1].vendor.as_ref().unwrap().contains("VGCA"));
    let softhsm = Path::new(&env("RIG_SOFTHSM_MODULE")).canonicalize().unwrap();
    let known: Vec<_> =
        list.iter().filter(|one| one.path.canonicalize().ok().as_ref() == Some(&softhsm)).collect();
    assert_eq!(known.len(), 1, "named twice, by us and by p11-kit, and listed once");
    assert_eq!(known[0].vendor.as_deref(), Some("SoftHSM"));
    assert!(try_module(&shim.path).unwrap().iter().any(|shown| shown.label == "leader"));
}

#[test]
fn every_place_says_what_became_of_it() {
    let shim = Shim::new();
    shim.mode("crash-list");
    let good = PathBuf::from(env("RIG_SOFTHSM_MODULE"));
    let missing = PathBuf::from("/nonexistent/libvendor.so");
    let modules = vec![shim.path.clone(), missing.clone(), good.clone()];
    let found = token::survey(&Sources { modules, files: Vec::new() });
    let outcome = |place: Place| {
        found.providers.iter().find(|one| one.place == place).unwrap().outcome.clone()
    };
    assert!(outcome(Place::Readers).is_ok_and(|count| count >= 2));
    assert!(shim.crashed(&outcome(Place::Module(shim.path.clone())).unwrap_err()));
    let absent = TokenError::ModuleMissing { path: missing.clone() };
    assert_eq!(outcome(Place::Module(missing.clone())), Err(absent));
    assert_eq!(outcome(Place::Module(good)), Ok(2));

    // The same on the command line: exit status 0, the reason beside the module.
    let asked = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .args(["--json", "--lang", "en", "tokens", "--module"])
        .arg(&shim.path)
        .arg("--module")
        .arg(&missing)
        .output()
        .unwrap();
    assert!(asked.status.success(), "{asked:?}");
    let said = String::from_utf8(asked.stdout).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&said).unwrap();
    let reason = |path: &Path| {
        let places = answer["places"].as_array().unwrap();
        let place = places.iter().find(|one| one["module"] == *path.to_str().unwrap()).unwrap();
        (place["state"].as_str().unwrap().to_owned(), place["reason"].as_str().unwrap().to_owned())
    };
    let (state, told) = reason(&shim.path);
    assert_eq!(state, "failed");
    assert!(told.contains("stopped suddenly"), "{told}");
    assert_eq!(reason(&missing).0, "failed");
    // OpenSC's cards show in their readers already.
    let opensc = PathBuf::from(env("RIG_OPENSC_MODULE"));
    let opensc = opensc.canonicalize().unwrap();
    let passed_over = answer["places"].as_array().unwrap().iter().any(|one| {
        one["state"] == "passed-over"
            && Path::new(one["module"].as_str().unwrap()).canonicalize().unwrap() == opensc
    });
    assert!(passed_over, "{said}");
}
