//! `--headless-walk`: one document from draft to acknowledged receipt, without a window.

use vanthu::domain::calendar;
use vanthu::domain::delivery::StatusCode;
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::office::{Filter, labels};

use crate::demo::{self, Demo, Member, Tell};

/// Walks and tells each step. Fails if any step does not end as the regulation wants it.
pub fn walk(demo: &Demo, tell: &mut Tell) -> Result<(), Problem> {
    let (sender, receiver) = (Member::TanBinh, Member::Province);
    let sample = demo::first_sample(sender)?;

    let drafter = demo.open(sender, "soanthao")?;
    let key = drafter.draft(demo::draft(&sample, receiver)?)?;
    tell(&format!("1. soạn thảo / drafted: «{}»", sample.sheet.subject))?;
    drafter.submit(key, OutboundState::ToSign, "")?;
    tell("2. trình ký / passed to the signer")?;
    drop(drafter);

    let leader = demo.open(sender, "chutich")?;
    let numbering = leader.sign(key, &demo.order(sender, "leader"))?;
    let code = leader.outbound_document(key)?.metadata.code;
    tell(&format!(
        "3. lãnh đạo ký số, lấy số / signed personally, numbered: {code}, {}",
        numbering.map(|numbering| numbering.date.to_string()).unwrap_or_default()
    ))?;
    drop(leader);

    let clerk = demo.open(sender, "vanthu")?;
    clerk.seal(key, &demo.order(sender, "seal"))?;
    tell("4. văn thư đóng dấu / sealed with the organisation's signature")?;
    clerk.issue(key)?;
    let report = clerk.sync()?;
    tell(&format!("5. phát hành, gửi / issued, sent: {}", report.sent))?;
    drop(clerk);

    let clerk = demo.open(receiver, "vanthu")?;
    let report = clerk.sync()?;
    tell(&format!("6. nơi nhận đồng bộ / the recipient synchronised: {}", report.received))?;
    let filter = Filter { words: code.to_string(), ..Filter::default() };
    let inbound = clerk
        .inbound(&filter, None, 10)?
        .into_iter()
        .find(|document| document.metadata.code == code && document.sender.is_some())
        .ok_or_else(|| not_so("the document did not arrive"))?;
    tell(&format!(
        "7. kiểm tra chữ ký / signatures checked: {} — {}",
        labels::verdict(inbound.verdict.verdict),
        labels::legal_value(inbound.verdict.legal_value()),
    ))?;
    for signature in &inbound.verdict.signatures {
        tell(&format!(
            "     {} ({}), {}",
            signature.signer,
            signature.level,
            labels::verdict(signature.verdict)
        ))?;
    }
    if inbound.verdict.legal_value().key() != "same-as-paper" {
        return Err(not_so("the document does not have the value of paper"));
    }
    clerk.accept(inbound.key)?;
    let registration = clerk.register(inbound.key)?;
    tell(&format!(
        "8. tiếp nhận, đăng ký / accepted, registered: số đến {}",
        registration.arrival_number
    ))?;
    clerk.sync()?;
    drop(clerk);

    let clerk = demo.open(sender, "vanthu")?;
    clerk.sync()?;
    let issued = clerk.outbound_document(key)?;
    let delivery = issued.deliveries.first().ok_or_else(|| not_so("there is no delivery"))?;
    for status in &delivery.statuses {
        tell(&format!(
            "9. {} báo / reports: {} {} {}",
            delivery.name,
            status.code.digits(),
            labels::status(status.code),
            calendar::iso(status.at)
        ))?;
    }
    let codes: Vec<StatusCode> = delivery.statuses.iter().map(|status| status.code).collect();
    if codes != [StatusCode::Arrived, StatusCode::Accepted] {
        return Err(not_so("statuses 01 and 03 did not come back in this order"));
    }
    let audit = clerk.audit()?;
    if !audit.problems.is_empty() {
        return Err(not_so("the audit chain does not hold"));
    }
    tell(&format!("10. nhật ký nguyên vẹn / audit chain intact: {}", audit.operations))?;
    Ok(())
}

fn not_so(cause: &str) -> Problem {
    Problem::new("desk-walk-failed", Kind::No, Blame::Environment).because(cause)
}
