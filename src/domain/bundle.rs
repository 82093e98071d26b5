//! What goes up as one parcel: the same packet for one recipient or several.

use super::agency::AgencyCode;
use super::document::BlobHash;

/// Items of the outbox that carry the same packet, with a key by which the server knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// An item alone has its own; several have one made of theirs, so that it never stands for
    /// other recipients.
    pub key: String,
    /// Items and their recipients, at least one.
    pub items: Vec<(String, AgencyCode)>,
    /// Keys under which all of them may have gone before.
    pub former: Vec<String>,
    /// Its sending was not begun before.
    pub fresh: bool,
}

impl Bundle {
    /// The key is the same for the same items in whatever order.
    pub fn of(mut items: Vec<(String, AgencyCode)>) -> Self {
        items.sort();
        let key = match &items[..] {
            [(item, _)] => item.clone(),
            _ => {
                let names: Vec<&str> = items.iter().map(|(item, _)| item.as_str()).collect();
                BlobHash::of(names.join("\n").as_bytes()).0
            }
        };
        Self { key, items, former: Vec::new(), fresh: false }
    }

    /// The names of its items.
    pub fn names(&self) -> Vec<String> {
        self.items.iter().map(|(item, _)| item.clone()).collect()
    }
}
