//! Uploads under way: what they are to become, how far they are, who goes on with them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Work;
use crate::domain::agency::AgencyCode;
use crate::exchange::{OutboxKind, wire};

/// Packets that come in pieces. Any instance may go on with what another has begun.
pub trait Uploads: Send + Sync + 'static {
    /// Begins an upload, if there is none of the name. `writer` counts as the one who goes on
    /// until another takes it. `false`, and nothing is begun, if its sender has `most` under
    /// way already.
    fn begin_upload<'a>(
        &'a self,
        note: &'a Note,
        writer: Uuid,
        now: Timestamp,
        most: u32,
    ) -> Work<'a, bool>;

    /// What is known of an upload.
    fn upload<'a>(&'a self, name: &'a str) -> Work<'a, Option<Progress>>;

    /// Makes `writer` the one who goes on, if the upload is exactly `reached` far; who went
    /// on before may add nothing more.
    fn take_upload<'a>(
        &'a self,
        name: &'a str,
        reached: u64,
        writer: Uuid,
        now: Timestamp,
    ) -> Work<'a, bool>;

    /// Adds a part, if `writer` is still the one and the part begins where the upload ends.
    /// A power cut may lose it: the hash at the end tells.
    fn grow_upload<'a>(
        &'a self,
        name: &'a str,
        writer: Uuid,
        part: &'a Part,
        now: Timestamp,
    ) -> Work<'a, bool>;

    /// `writer` goes on no more.
    fn leave_upload<'a>(&'a self, name: &'a str, writer: Uuid) -> Work<'a, ()>;

    /// The parts, in their order.
    fn parts<'a>(&'a self, name: &'a str) -> Work<'a, Vec<Part>>;

    /// Forgets an upload; gives the parts that it had.
    fn forget_upload<'a>(&'a self, name: &'a str) -> Work<'a, Vec<Part>>;

    /// Forgets uploads that nobody has touched since `before`, at most `limit`; gives the
    /// parts that they had. Of several instances that do this at once each takes others.
    fn expire_uploads(&self, before: Timestamp, limit: u32) -> Work<'_, Expired>;
}

/// What expiring uploads gave: how many, and the files of their parts.
pub type Expired = (usize, Vec<String>);

/// What an upload is to become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub sender: AgencyCode,
    pub key: String,
    pub kind: OutboxKind,
    /// It is about a document that was sent before. Left out where it is not, so that an
    /// instance of an earlier version can go on with the upload.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub order: bool,
    pub to: Vec<AgencyCode>,
    /// SHA-256 of the whole, lower-case hex.
    pub sha256: String,
    /// Bytes of the whole.
    pub length: u64,
}

impl Note {
    /// The upload's name: 64 hex digits, made so that beginning it again finds it.
    pub fn name(&self) -> String {
        wire::sha256_hex(format!("{}\n{}\n{}", self.sender, self.key, self.sha256).as_bytes())
    }
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub note: Note,
    /// Bytes that are there.
    pub reached: u64,
    /// Whether somebody is going on with it, or is about to, or has died while doing so.
    pub writing: bool,
}

/// Some bytes of an upload, in a file of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The first byte's place in the whole.
    pub start: u64,
    /// Bytes.
    pub length: u64,
    /// The name of the file.
    pub file: String,
}
