//! Signed without a line, made to last when it is back: the queue, the clerk's wish, the
//! synchronisation, and what the recipients have.

use serde_json::{Value, json};

use super::*;

fn waiting(office: &OfficeDir) -> Vec<Value> {
    let answer = office.as_user("vanthu", &["extend", "--list"]).done();
    answer["waiting"].as_array().unwrap().clone()
}

fn exported(world: &World, id: &str, issued: bool) -> Vec<u8> {
    let file = world.root.join(format!("{id}-{issued}.pdf"));
    let mut words = vec!["export", id, file.to_str().unwrap()];
    words.extend(issued.then_some("--issued"));
    world.a.as_user("vanthu", &words).done();
    std::fs::read(file).unwrap()
}

/// Levels of both signatures, time stamps left out.
fn levels(world: &World, id: &str) -> Vec<String> {
    let file = world.root.join(format!("{id}-levels.pdf"));
    std::fs::write(&file, exported(world, id, false)).unwrap();
    let report = ours_accepts(&file);
    let signatures = report["files"][0]["signatures"].as_array().unwrap();
    let named = signatures.iter().filter(|one| one["level"] != "none");
    named.map(|one| one["level"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_document_signed_without_a_line_is_extended_when_it_is_back() {
    let world = world();
    let configure = |words: &[&str]| {
        world.a.as_user("quantri", &[&["config"], words].concat()).done();
    };
    // A service that does not answer is a line that is down.
    configure(&["tsa", &format!("{}/status-503/x", rig("RIG_PKI_URL"))]);
    let pki = rig("RIG_PKI");
    let tokens = [format!("file:{pki}/p12/leader.p12"), format!("file:{pki}/p12/org.p12")];
    let pdf = draft_pdf(&world.root);
    let sealed = |subject: &str| {
        let id = draft(&world, &pdf, subject);
        sign_and_seal(&world, &id, &tokens[0], &tokens[1], ["P12_PIN", "P12_PIN"]);
        id
    };
    let id = sealed("Ký khi mất mạng");
    assert_eq!(levels(&world, &id), ["B-B", "B-B"]);
    // The clerk sees it wait; issuing tries, says why not, and lets it leave all the same.
    let row = &waiting(&world.a)[0];
    assert_eq!(
        (&row["id"], &row["level"], &row["wanted"]),
        (&json!(id), &json!("B-B"), &json!("B-LT"))
    );
    assert_eq!((&row["tries"], &row["last_problem"]), (&json!(0), &Value::Null));
    world.a.as_user("vanthu", &["issue", &id]).done();
    let issued = exported(&world, &id, true);
    assert_eq!(exported(&world, &id, false), issued);
    let row = &waiting(&world.a)[0];
    assert_eq!((&row["tries"], &row["state"]), (&json!(1), &json!("issued")));
    assert!(row["last_problem"].as_str().unwrap().contains("thời gian"), "{row}");
    // Trying by hand fails with the service, and the queue keeps it.
    assert_eq!(world.a.as_user("vanthu", &["extend"]).failed(4), "signing-no-timestamp");
    assert_eq!(waiting(&world.a)[0]["tries"], 2);

    configure(&["tsa", &rig("RIG_TSA_URL")]);
    let sync = world.a.as_user("vanthu", &["sync", "--once"]).done();
    assert_eq!((&sync["extended"], &sync["awaiting_extension"]), (&json!(1), &json!(0)), "{sync}");
    assert_eq!(waiting(&world.a), Vec::<Value>::new());
    assert_eq!(levels(&world, &id), ["B-LT", "B-LT"]);
    // What the recipients have is kept, and is the beginning of what the office has.
    let lasting = exported(&world, &id, false);
    assert_eq!(exported(&world, &id, true), issued);
    assert!(lasting.len() > issued.len() && lasting.starts_with(&issued));

    // With the line up, what leaves is lasting; a higher wish brings both back into the queue.
    let second = sealed("Ký khi có mạng");
    assert_eq!(levels(&world, &second), ["B-T", "B-T"]);
    world.a.as_user("vanthu", &["issue", &second]).done();
    assert_eq!(levels(&world, &second), ["B-LT", "B-LT"]);
    assert_eq!(exported(&world, &second, true), exported(&world, &second, false));
    configure(&["signature-level", "blta"]);
    assert_eq!(waiting(&world.a).len(), 2);
    assert_eq!(world.a.as_user("vanthu", &["extend", &id]).done()["level"], "B-LTA");
    let answer = world.a.as_user("vanthu", &["extend"]).done();
    assert_eq!((&answer["extended"], &answer["waiting"]), (&json!(1), &json!([])));
    assert_eq!(levels(&world, &second), ["B-LTA", "B-LTA"]);
    // A document that nobody sealed has nothing to extend; a recalled one stays as it is.
    let open = draft(&world, &pdf, "Chưa ký");
    assert_eq!(world.a.as_user("vanthu", &["extend", &open]).failed(5), "office-wrong-state");
    world.a.as_user("vanthu", &["recall", &id, "--reason", "Ban hành nhầm"]).done();
    assert_eq!(world.a.as_user("vanthu", &["extend", &id]).failed(5), "office-wrong-state");
    assert_eq!(world.a.as_user("vanthu", &["audit", "verify"]).done()["intact"], true);
}
