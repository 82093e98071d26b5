//! What several commands tell of an outbound document.

use serde_json::{Value, json};
use vanthu::domain::calendar;
use vanthu::domain::delivery::Delivery;
use vanthu::domain::outbound::OutboundDocument;
use vanthu::office::labels;

/// Which document it is, in a line.
pub fn head(document: &OutboundDocument) -> String {
    format!(
        "{}\t{}\t{}\t{}",
        document.key,
        labels::outbound(document.state),
        document.metadata.code,
        document.metadata.subject
    )
}

/// What a recipient has reported.
pub fn statuses(delivery: &Delivery) -> Vec<Value> {
    let told = delivery.statuses.iter().map(|entry| {
        json!({
            "code": entry.code,
            "at": calendar::iso(entry.at),
            "description": entry.description,
        })
    });
    told.collect()
}
