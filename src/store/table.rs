//! Which tables there are, and of which kind: what `rebuild_and_compare` compares.

/// Tables that replaying the operations gives, with the columns that order their rows.
pub(super) const REPLICATED: &[(&str, &str)] = &[
    ("operation", "row"),
    ("named_blob", "hash"),
    ("office", "one"),
    ("user", "name"),
    ("certificate_link", "fingerprint"),
    ("agency", "row"),
    ("agency_other_code", "other, code"),
    ("agency_version", "row"),
    ("packet", "row"),
    ("inbound", "row"),
    ("main_hash", "hash, document"),
    ("inbound_code", "document"),
    ("duplicate", "document, first"),
    ("came_again", "document, packet"),
    ("paper", "document"),
    ("inbound_proposed", "document"),
    ("outbound", "row"),
    ("draft_desk", "row"),
    ("draft_version", "document, number"),
    ("opinion", "row"),
    ("comment", "row"),
    ("comment_reply", "row"),
    ("draft_template", "type_key"),
    ("recipient_group", "key"),
    ("durability", "document, blob"),
    ("delivery", "document, recipient"),
    ("delivery_status", "document, recipient, position"),
    ("unit", "key"),
    ("handler", "document, position"),
    ("open_work", "document"),
    ("seen", "document, user"),
    ("progress", "row"),
    ("note", "row"),
    ("answer", "inbound, outbound"),
    ("demand", "row"),
    ("demand_told", "demand, user"),
    ("book_number", "direction, year, series, number"),
    ("reserved_number", "direction, year, series, number"),
    ("unsent", "document"),
    ("certified_copy", "row"),
    ("delivery_turn", "document, recipient"),
    ("open_delivery", "document, recipient"),
    ("answer_arrived", "outbound, inbound"),
    ("paper_letter", "document, place"),
    ("register_book", "direction, series"),
    ("book_closed", "direction, year, series"),
    ("inbound_forwarded", "document"),
    ("outbox", "row"),
    ("gate", "document"),
    ("judgement", "document, check_name"),
    ("error_report", "row"),
    ("layout_check", "document"),
    ("counter", "what, state"),
];

/// Full-text indices, compared by their entries.
pub(super) const SEARCHED: &[&str] = &["agency_words", "inbound_words", "outbound_words"];

/// Tables of this desk alone.
#[cfg(test)]
const LOCAL: &[&str] = &[
    "desk",
    "blob",
    "setting",
    "sync_cursor",
    "fetched",
    "outbox_attempt",
    "outbox_begun",
    "access",
    "extension_attempt",
    "saved_filter",
    "draft_form",
    "sheaf",
    "sheaf_blob",
    "begun_packet",
    "unfetched",
    "parcel",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection;

    #[test]
    fn every_table_has_a_kind() {
        let scratch = connection::scratch().unwrap();
        let mut tables: Vec<String> = scratch
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        // FTS5 keeps each index in tables of its own.
        tables
            .retain(|table| !SEARCHED.iter().any(|index| table.starts_with(&format!("{index}_"))));
        tables.sort();
        let mut known: Vec<&str> = REPLICATED.iter().map(|(table, _)| *table).collect();
        known.extend(SEARCHED);
        known.extend(LOCAL);
        known.sort_unstable();
        assert_eq!(tables, known);
    }
}
