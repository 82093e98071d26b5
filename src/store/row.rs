//! Between rows and types: words of enumerations, JSON of whole values, keys, times.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::error::StoreError;
use crate::domain::document::DocumentKey;

/// The word by which an enumeration's value is written in operations, such as `arrived`.
pub(super) fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(StoreError::Internal(format!("not a word: {other:?}"))),
    }
}

pub(super) fn from_word<T: DeserializeOwned>(word: String) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word))
        .map_err(|error| StoreError::damaged("database", error))
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Internal(error.to_string()))
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::damaged("database", error))
}

/// [`from_json`] of a column that may be empty.
pub(super) fn maybe_json<T: DeserializeOwned>(
    text: Option<String>,
) -> Result<Option<T>, StoreError> {
    text.as_deref().map(from_json).transpose()
}

pub(super) fn time(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|error| StoreError::damaged("database", error))
}

pub(super) fn maybe_time(text: Option<String>) -> Result<Option<Timestamp>, StoreError> {
    text.as_deref().map(time).transpose()
}

/// A document's key as its column holds it.
pub(super) fn key(key: &DocumentKey) -> &[u8] {
    key.0.as_bytes()
}

pub(super) fn from_key(bytes: &[u8]) -> Result<DocumentKey, StoreError> {
    uuid(bytes).map(DocumentKey)
}

pub(super) fn uuid(bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|error| StoreError::damaged("database", error))
}

/// A count or size from its column.
pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A count or size for its column.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
