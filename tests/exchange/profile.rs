//! The profile as others see it: raw calls, the description in `assets/openapi.yaml`, and
//! what a hostile or clumsy caller gets.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::blocking::{Client, Response};
use serde_json::Value;
use vanthu::exchange::wire::{self, Claim, Code, sha256_hex};
use vanthu::server::{ROUTES, RunningServer, Server};

use super::{COMMUNE, MIB, PROVINCE, Place, packet, secret, start};

on_both! {
    the_description_and_the_router_agree,
    only_health_is_open,
    a_signature_covers_the_whole_call,
    the_clock_window_is_fifteen_minutes,
    a_clumsy_call_is_refused_with_a_reason,
    ranges_give_exactly_what_is_asked,
    a_receipt_belongs_to_its_body,
    one_packet_for_many_is_stored_once,
    a_body_that_does_not_go_on_is_given_up,
}

/// A call that a test may spoil in any part.
pub struct Call<'a> {
    pub method: &'a str,
    pub target: &'a str,
    pub agency: &'a str,
    pub time: String,
    pub body: &'a [u8],
    pub sha256: String,
    pub to: &'a str,
    pub kind: &'a str,
    pub key: &'a str,
    pub extra: &'a [(&'a str, &'a str)],
}

impl<'a> Call<'a> {
    pub fn get(target: &'a str) -> Self {
        Self {
            method: "GET",
            target,
            agency: COMMUNE,
            time: Timestamp::now().to_string(),
            body: b"",
            sha256: String::new(),
            to: "",
            kind: "",
            key: "",
            extra: &[],
        }
    }

    /// The same call of another agency.
    pub fn of(self, agency: &'a str) -> Self {
        Self { agency, ..self }
    }

    pub fn packet(body: &'a [u8], key: &'a str) -> Self {
        Self {
            method: "POST",
            body,
            sha256: sha256_hex(body),
            to: PROVINCE,
            kind: "document",
            key,
            ..Self::get("/v1/packets")
        }
    }

    fn signature(&self) -> String {
        let claim = Claim {
            method: self.method,
            target: self.target,
            agency: self.agency,
            time: &self.time,
            sha256: &self.sha256,
            to: self.to,
            kind: self.kind,
            key: self.key,
        };
        claim.sign(secret(self.agency).as_bytes())
    }

    /// Its head as it goes over the wire, for a caller who then does as he likes.
    pub fn head(&self) -> String {
        let signed = [
            (wire::AGENCY, self.agency),
            (wire::TIME, &self.time),
            (wire::SIGNATURE, &self.signature()),
            (wire::SHA256, &self.sha256),
            (wire::TO, self.to),
            (wire::KIND, self.kind),
            (wire::IDEMPOTENCY_KEY, self.key),
        ];
        let mut head = format!("{} {} HTTP/1.1\r\nHost: x\r\n", self.method, self.target);
        for (name, value) in signed.iter().chain(self.extra).filter(|(_, value)| !value.is_empty())
        {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }

    fn send(&self, server: &RunningServer) -> Response {
        self.send_signed(server, &self.signature())
    }

    /// To a server that is known by its address alone.
    pub fn send_to(&self, url: &str) -> Response {
        self.send_signed_to(url, &self.signature())
    }

    fn send_signed(&self, server: &RunningServer, signature: &str) -> Response {
        self.send_signed_to(&server.url(), signature)
    }

    fn send_signed_to(&self, url: &str, signature: &str) -> Response {
        let client = Client::builder().no_proxy().build().unwrap();
        let method = self.method.parse().unwrap();
        let mut request = client
            .request(method, format!("{url}{}", self.target))
            .header(wire::AGENCY, self.agency)
            .header(wire::TIME, &self.time)
            .header(wire::SIGNATURE, signature);
        for (name, value) in [
            (wire::SHA256, self.sha256.as_str()),
            (wire::TO, self.to),
            (wire::KIND, self.kind),
            (wire::IDEMPOTENCY_KEY, self.key),
        ] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        for (name, value) in self.extra {
            request = request.header(*name, *value);
        }
        if !self.body.is_empty() {
            request = request.body(self.body.to_vec());
        }
        let response = request.send().unwrap();
        assert_eq!(response.headers()[wire::SERVER], wire::SERVER_VALUE);
        response
    }

    fn refused(&self, server: &RunningServer) -> (u16, String) {
        refusal(self.send(server))
    }
}

pub fn refusal(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body: Value = response.json().unwrap();
    assert_eq!(body["status"], status);
    assert!(body["time"].as_str().unwrap().parse::<Timestamp>().is_ok());
    (status, body["code"].as_str().unwrap().to_owned())
}

pub fn no(status: u16, code: Code) -> (u16, String) {
    (status, code.name().to_owned())
}

const KEY: &str = "khoa-cua-goi-tin-1";

/// A path that names something which is not there.
fn target(path: &str) -> String {
    path.replace("{id}", "0197f3a2-0000-7000-8000-000000000000").replace("{name}", &"0".repeat(64))
}

fn the_description_and_the_router_agree(place: &Place) {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/openapi.yaml"))
            .unwrap();
    let paths = text.split_once("\npaths:\n").unwrap().1.split_once("\ncomponents:\n").unwrap().0;
    let mut described = BTreeSet::new();
    let mut path = "";
    for line in paths.lines() {
        if let Some(rest) = line.strip_prefix("  /") {
            path = line.trim().strip_suffix(':').unwrap();
            assert!(!rest.is_empty());
        } else if let Some(method) = line.strip_prefix("    ").and_then(|l| l.strip_suffix(':'))
            && !method.starts_with(' ')
        {
            described.insert((method.to_ascii_uppercase(), path.to_owned()));
        }
    }
    let served: BTreeSet<_> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!(described, served);

    let codes = text.split_once("        code:\n").unwrap().1.split_once("enum:\n").unwrap().1;
    let codes: Vec<_> = codes.lines().map_while(|l| l.trim().strip_prefix("- ")).collect();
    for code in &codes {
        let known: Code = serde_json::from_value(Value::from(*code)).unwrap();
        assert_eq!(known.name(), *code, "the program does not know it");
    }
    assert_eq!(codes.len(), 16);

    // And what is served is really there: each route answers as itself, not as nothing.
    let server = place.start();
    for route in ROUTES {
        let target = target(route.path);
        let call = Call { method: route.method, ..Call::get(&target) };
        let response = call.send(&server);
        let status = response.status().as_u16();
        assert_ne!(status, 405, "{} {}", route.method, route.path);
        // These two answer without a body.
        if !["HEAD", "OPTIONS"].contains(&route.method) {
            let body: Value = response.json().unwrap();
            assert_ne!(body["detail"], "there is no such route", "{}", route.path);
        }
        let other = Call { method: "PUT", ..Call::get(&target) };
        assert_eq!(other.send(&server).status().as_u16(), 405);
    }
    assert_eq!(Call::get("/v1/packets/x/y").refused(&server), no(404, Code::NotFound));
    assert_eq!(Call::get("/").refused(&server), no(404, Code::NotFound));
}

fn only_health_is_open(place: &Place) {
    let server = place.start();
    for route in ROUTES {
        let target = target(route.path);
        let call = Call { method: route.method, ..Call::get(&target) };
        let response = call.send_signed(&server, "00");
        if ["/v1/health", "/v1/ready"].contains(&route.path) {
            assert_eq!(response.status().as_u16(), 200);
        } else if route.method == "OPTIONS" {
            assert_eq!(response.status().as_u16(), 204);
        } else if route.method == "HEAD" {
            assert_eq!(response.status().as_u16(), 401, "{}", route.path);
        } else {
            assert_eq!(refusal(response), no(401, Code::BadCredentials), "{}", route.path);
        }
    }
}

fn a_signature_covers_the_whole_call(place: &Place) {
    let server = place.start();
    let good = Call::packet(b"<edXML/>", KEY);
    let signature = good.signature();
    let other = b"<edXML>khac</edXML>";
    let with = || Call::packet(b"<edXML/>", KEY);
    for spoiled in [
        Call { target: "/v1/packets?x=1", ..with() },
        Call { agency: PROVINCE, ..with() },
        Call { time: "2026-01-01T00:00:00Z".into(), ..with() },
        Call { sha256: sha256_hex(other), body: other, ..with() },
        Call { to: COMMUNE, ..with() },
        Call { kind: "status", ..with() },
        Call { key: "khoa-cua-goi-tin-2", ..with() },
    ] {
        let refused = refusal(spoiled.send_signed(&server, &signature));
        assert_eq!(refused, no(401, Code::BadCredentials));
    }
    // The body itself is covered by its hash.
    let swapped = Call { body: other, ..with() };
    assert_eq!(
        refusal(swapped.send_signed(&server, &swapped.signature())),
        no(422, Code::HashMismatch)
    );
    let target = format!("/v1/outbox?key={KEY}");
    assert_eq!(Call::get(&target).refused(&server), no(404, Code::NotFound));
    assert_eq!(good.send(&server).status().as_u16(), 201);
    // Twice the same header leaves open which of them was meant.
    let doubled = Call { extra: &[(wire::TO, COMMUNE)], ..with() };
    assert_eq!(doubled.refused(&server), no(401, Code::BadCredentials));
}

fn the_clock_window_is_fifteen_minutes(place: &Place) {
    let server = place.start();
    for (minutes, fits) in [(-16, false), (-14, true), (0, true), (14, true), (16, false)] {
        let time = (Timestamp::now() + SignedDuration::from_mins(minutes)).to_string();
        let call = Call { time, ..Call::get("/v1/inbox") };
        let response = call.send(&server);
        if fits {
            assert_eq!(response.status().as_u16(), 200, "{minutes}");
        } else {
            assert_eq!(refusal(response), no(401, Code::ClockSkew), "{minutes}");
        }
    }
    let call = Call { time: "hôm nay".into(), ..Call::get("/v1/inbox") };
    // Not plain text, so not a time at all, and so not what was signed.
    assert_eq!(call.refused(&server), no(401, Code::BadCredentials));
    let call = Call { time: "today".into(), ..Call::get("/v1/inbox") };
    assert_eq!(call.refused(&server), no(400, Code::BadRequest));
}

fn a_clumsy_call_is_refused_with_a_reason(place: &Place) {
    let server = place.start();
    let many: Vec<_> = (0..1001).map(|n| format!("H{n}")).collect();
    let many = many.join(",");
    let with = || Call::packet(b"<edXML/>", KEY);
    for bad in [
        Call { kind: "letter", ..with() },
        Call { kind: "", ..with() },
        Call { to: "", ..with() },
        Call { to: "H30,,H31", ..with() },
        Call { to: "..%2F..", ..with() },
        Call { to: &many, ..with() },
        Call { key: "", ..with() },
        Call { key: "ngan", ..with() },
        Call { key: "khoa co dau cach o giua", ..with() },
        Call { sha256: String::new(), ..with() },
        Call { sha256: "abc".into(), ..with() },
        Call::packet(b"", KEY),
        Call::get("/v1/inbox?after=-1"),
        Call::get("/v1/inbox?after=x"),
        Call::get("/v1/inbox?limit=many"),
        Call::get("/v1/inbox?nothing=1"),
        Call::get("/v1/outbox"),
        Call::get("/v1/agencies?since=x"),
    ] {
        let (status, code) = bad.refused(&server);
        assert_eq!((status, code.as_str()), (400, "bad-request"), "{}", bad.target);
    }
    assert_eq!(Call::get("/v1/packets/x").refused(&server), no(404, Code::NotFound));
    // Limits of a page are bounds, not reasons to refuse.
    for target in ["/v1/inbox?limit=0", "/v1/inbox?limit=4000000000"] {
        assert_eq!(Call::get(target).send(&server).status().as_u16(), 200);
    }
    // Nothing of all that was stored.
    let inbox = Call { agency: PROVINCE, ..Call::get("/v1/inbox") };
    let page: Value = inbox.send(&server).json().unwrap();
    assert_eq!(page, serde_json::json!({ "items": [], "next": null }));
}

fn ranges_give_exactly_what_is_asked(place: &Place) {
    let server = place.start();
    let bytes = packet(1, 200_000);
    let accepted: Value = Call::packet(&bytes, KEY).send(&server).json().unwrap();
    let target = format!("/v1/packets/{}", accepted["id"].as_str().unwrap());
    let tag = format!("\"{}\"", sha256_hex(&bytes));
    let ask = |extra: &[(&str, &str)]| {
        let call = Call { agency: PROVINCE, extra, ..Call::get(&target) };
        let response = call.send(&server);
        let status = response.status().as_u16();
        let range = response.headers().get("content-range").map(|v| v.to_str().unwrap().to_owned());
        (status, range, response.bytes().unwrap().to_vec())
    };
    assert_eq!(ask(&[]), (200, None, bytes.clone()));
    let part = |text: &str, from, to| (206, Some(text.to_owned()), bytes[from..to].to_vec());
    assert_eq!(ask(&[("range", "bytes=0-0")]), part("bytes 0-0/200000", 0, 1));
    assert_eq!(
        ask(&[("range", "bytes=65537-")]),
        part("bytes 65537-199999/200000", 65_537, 200_000)
    );
    assert_eq!(
        ask(&[("range", "bytes=-10")]),
        part("bytes 199990-199999/200000", 199_990, 200_000)
    );
    assert_eq!(
        ask(&[("range", "bytes=100-199"), ("if-range", &tag)]),
        part("bytes 100-199/200000", 100, 200)
    );
    assert_eq!(
        ask(&[("range", "bytes=1-2"), ("if-range", "\"khac\"")]),
        (200, None, bytes.clone())
    );
    let (status, range, _) = ask(&[("range", "bytes=200000-")]);
    assert_eq!((status, range.as_deref()), (416, Some("bytes */200000")));
}

fn a_receipt_belongs_to_its_body(place: &Place) {
    let server = place.start();
    let accepted: Value = Call::packet(b"<edXML/>", KEY).send(&server).json().unwrap();
    let target = format!("/v1/packets/{}/receipt", accepted["id"].as_str().unwrap());
    let say = |body: &[u8]| {
        let call = Call {
            method: "POST",
            agency: PROVINCE,
            body,
            sha256: sha256_hex(body),
            ..Call::get(&target)
        };
        call.send(&server)
    };
    for bad in [&b"{}"[..], b"{\"state\":\"eaten\"}", b"{\"state\":\"kept\",\"x\":1}", b"\xff"] {
        assert_eq!(refusal(say(bad)), no(400, Code::BadRequest));
    }
    assert_eq!(refusal(say(&[b' '; 5000])), no(413, Code::TooLarge));
    let forged = Call {
        method: "POST",
        agency: PROVINCE,
        body: b"{\"state\":\"refused\"}",
        sha256: sha256_hex(b"{\"state\":\"kept\"}"),
        ..Call::get(&target)
    };
    assert_eq!(forged.refused(&server), no(422, Code::HashMismatch));
    let first: Value = say(b"{\"state\":\"refused\"}").json().unwrap();
    assert_eq!(first["state"], "refused");
    let second: Value = say(b"{\"state\":\"kept\"}").json().unwrap();
    assert_eq!(second, first);
}

fn one_packet_for_many_is_stored_once(place: &Place) {
    let server = place.start();
    let bytes = packet(1, MIB);
    let both = format!("{PROVINCE},{COMMUNE},{PROVINCE}");
    let call = Call { to: &both, ..Call::packet(&bytes, KEY) };
    assert_eq!(call.send(&server).status().as_u16(), 201);
    let state: Value = Call::get(&format!("/v1/outbox?key={KEY}")).send(&server).json().unwrap();
    assert_eq!(state["deliveries"].as_array().unwrap().len(), 2);
    let files: Vec<_> = std::fs::read_dir(place.path().join("blobs"))
        .unwrap()
        .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
        .collect();
    assert_eq!(files.len(), 1);
}

fn a_body_that_does_not_go_on_is_given_up(place: &Place) {
    let mut config = place.config();
    config.limits.idle = Duration::from_millis(300);
    let server = Server::start(config).unwrap();
    let call = Call::packet(b"<edXML/>", KEY);
    let call = Call { extra: &[("content-length", "8")], ..call };
    let head = call.head() + "<edX";
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"timed-out\""), "{answer}");
    assert_eq!(std::fs::read_dir(place.path().join("unfinished")).unwrap().count(), 0);
}

#[test]
#[cfg(unix)]
fn others_on_the_machine_read_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = start(&data);
    Call::packet(b"<edXML/>", KEY).send(&server);
    for (path, rights) in [
        (data.clone(), 0o700),
        (data.join("blobs"), 0o700),
        (data.join("server.db"), 0o600),
        (data.join("server.key"), 0o600),
    ] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, rights, "{}", path.display());
    }
    // A secret lies nowhere in clear.
    for name in ["server.db", "server.db-wal"] {
        let bytes = std::fs::read(data.join(name)).unwrap();
        let clear = secret(COMMUNE);
        assert!(!bytes.windows(clear.len()).any(|w| w == clear.as_bytes()), "{name}");
    }
}
