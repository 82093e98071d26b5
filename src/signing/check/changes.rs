//! What happened to a document after it was signed.
//!
//! A file grows by revisions. Each is compared with the one before, object by object
//! ([`Comparison`]), and each object that differs must be explained by something that the law
//! and the standard let happen to a signed document: a further signature, validation data,
//! invisible metadata, a form filled in, a comment. One object that is not explained makes
//! the change forbidden.
//!
//! What a step brought is found once; what a signature thinks of it depends on what the
//! signer, and whoever certified the document before, permitted (DocMDP, FieldMDP). Where
//! nobody said anything, only what takes nothing from what was signed is permitted: signing,
//! validation data, and a field that stood empty filled with text that every viewer draws.

use std::collections::{BTreeSet, HashMap};

use super::comments::Comment;
use super::comparison::Comparison;
use super::covered::Covered;
use super::fill::{Filling, Look};
use crate::domain::verdict::ChangeDetail;
use crate::pdf::PdfError;
use crate::pdf::structure::{Permission, Revision, Source, Transform};

/// What changed after a signature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A further signature in this field.
    Signature(String),
    /// A document time stamp in this field.
    DocumentTimestamp(String),
    /// Certificates and revocation data (DSS).
    ValidationData,
    /// Title, author, dates: nothing that a page shows.
    Metadata,
    /// Number or date, entered together with the organisation's signature in the field that
    /// the personal signature left empty for it.
    NumberAndDate { field: String, text: String },
    /// A form field filled in, with what it says now.
    Filled { field: String, text: String },
    /// A comment on this page, where the certification permits that; with its `/Subtype`.
    Comment { page: u32, kind: String },
    /// From here on nothing is permitted.
    PageContent(u32),
    /// Page added, removed or moved.
    PageTree,
    /// An annotation came, went or changed.
    Annotation,
    /// Fonts, images and whatever else a page uses.
    Resource(u32),
    /// A form field's value or look.
    Field(String),
    /// Another entry of the document catalog, such as an action.
    Catalog(String),
    /// An object that nothing explains.
    Object(u32),
    /// The signed document asks for an object that did not exist and now does.
    Shadowed(u32),
    /// The file's history was rewritten or does not read.
    History,
    /// Bytes after the end of the file.
    TrailingBytes,
    /// A further signature, or a field filled in, where the signature forbids it.
    Locked(String),
}

impl Change {
    pub const fn is_permitted(&self) -> bool {
        matches!(
            self,
            Self::Signature(_)
                | Self::DocumentTimestamp(_)
                | Self::ValidationData
                | Self::Metadata
                | Self::NumberAndDate { .. }
                | Self::Filled { .. }
                | Self::Comment { .. }
        )
    }

    /// Permitted, and yet readers see something that the signer did not: to be said in words.
    pub const fn is_visible(&self) -> bool {
        matches!(self, Self::NumberAndDate { .. } | Self::Filled { .. } | Self::Comment { .. })
    }

    /// Where and what, as far as it is known.
    pub fn detail(&self) -> ChangeDetail {
        let mut detail = ChangeDetail {
            code: self.code().to_owned(),
            visible: self.is_visible(),
            ..ChangeDetail::default()
        };
        match self {
            Self::Signature(field)
            | Self::DocumentTimestamp(field)
            | Self::Field(field)
            | Self::Locked(field) => detail.field.clone_from(field),
            Self::NumberAndDate { field, text } | Self::Filled { field, text } => {
                detail.field.clone_from(field);
                detail.text.clone_from(text);
            }
            Self::Comment { page, kind } => {
                detail.page = Some(*page);
                detail.text.clone_from(kind);
            }
            Self::PageContent(page) => detail.page = Some(*page),
            Self::Catalog(entry) => detail.text.clone_from(entry),
            Self::ValidationData
            | Self::Metadata
            | Self::PageTree
            | Self::Annotation
            | Self::Resource(_)
            | Self::Object(_)
            | Self::Shadowed(_)
            | Self::History
            | Self::TrailingBytes => {}
        }
        detail
    }

    /// For the report: stable, kebab-case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Signature(_) => "signature",
            Self::DocumentTimestamp(_) => "document-timestamp",
            Self::ValidationData => "validation-data",
            Self::Metadata => "metadata",
            Self::NumberAndDate { .. } => "number-and-date",
            Self::Filled { .. } => "form-filled",
            Self::Comment { .. } => "comment",
            Self::PageContent(_) => "page-content",
            Self::PageTree => "page-tree",
            Self::Annotation => "annotation",
            Self::Resource(_) => "resource",
            Self::Field(_) => "field",
            Self::Catalog(_) => "catalog",
            Self::Object(_) => "object",
            Self::Shadowed(_) => "shadowed",
            Self::History => "history",
            Self::TrailingBytes => "trailing-bytes",
            Self::Locked(_) => "locked",
        }
    }
}

/// What one revision brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Step {
    /// What is what it is, whatever a signature permits.
    pub changes: BTreeSet<Change>,
    pub fillings: Vec<Filling>,
    pub comments: Vec<Comment>,
    /// By the looks of its signatures.
    pub covered: Covered,
    /// Signatures in new fields that take a place on a page.
    pub visible: BTreeSet<String>,
    /// An organisation signed in this step, and nobody else.
    pub is_sealed: bool,
}

impl Step {
    /// The seal with number and date, and nothing beside them: what else came along in the
    /// organisation's name would pass for a number.
    fn is_issue(&self) -> bool {
        let comes_with_a_seal =
            |change: &Change| matches!(change, Change::Signature(_) | Change::ValidationData);
        self.is_sealed
            && self.changes.iter().all(comes_with_a_seal)
            && self.fillings.iter().all(|filling| filling.is_number)
            && self.comments.is_empty()
    }
}

/// The steps by which a file grew, each looked at once however many signatures there are.
pub(super) struct Steps<'a> {
    source: &'a Source,
    known: HashMap<usize, Step>,
}

impl<'a> Steps<'a> {
    pub fn new(source: &'a Source) -> Self {
        Self { source, known: HashMap::new() }
    }

    /// Every change since `signed`, of which the file is a continuation, under the
    /// restrictions that its signatures carry. Empty when nothing changed.
    pub fn since(&mut self, signed: &Source) -> BTreeSet<Change> {
        if self.source.is_white(signed.size()..self.source.size()) {
            return BTreeSet::new();
        }
        // What cannot be read cannot be shown to be harmless.
        self.walk(signed).unwrap_or_else(|_| BTreeSet::from([Change::History]))
    }

    fn walk(&mut self, signed: &Source) -> Result<BTreeSet<Change>, PdfError> {
        let revisions: Vec<Revision> = self.source.revisions().to_vec();
        let mut changes = BTreeSet::new();
        let Some(later) = revisions.strip_prefix(signed.revisions()) else {
            return Ok(BTreeSet::from([Change::History]));
        };
        let end = revisions.last().map_or(0, |revision| revision.end);
        if !self.source.is_white(end..self.source.size()) {
            changes.insert(Change::TrailingBytes);
        }
        let rules = Rules::of(signed)?;
        let mut covered = Covered::default();
        let first = revisions.len() - later.len();
        for index in first..revisions.len() {
            if !self.known.contains_key(&index) {
                let step = self.step(&revisions, index).unwrap_or_else(|_| Step {
                    changes: BTreeSet::from([Change::History]),
                    ..Step::default()
                });
                self.known.insert(index, step);
            }
            if let Some(step) = self.known.get(&index) {
                changes.extend(rules.judge(step));
                covered.add(&step.covered);
            }
        }
        if !covered.is_modest() {
            changes.insert(Change::Annotation);
        }
        Ok(changes)
    }

    /// From the revision before `index` to that one.
    fn step(&self, revisions: &[Revision], index: usize) -> Result<Step, PdfError> {
        let ends = |index: usize| revisions.get(index).map_or(0, |revision| revision.end);
        let (from, to) = (ends(index.saturating_sub(1)), ends(index));
        let (before, after) = (self.source.until(from)?, self.source.until(to)?);
        let grew = after.revisions().strip_prefix(before.revisions());
        let honest = grew.is_some_and(|grown| grown.len() == 1) && after.is_accounted_for(&before);
        if honest {
            Comparison::new(&before, &after)?.run()
        } else {
            let changes = BTreeSet::from([Change::History]);
            Ok(Step { changes, ..Step::default() })
        }
    }
}

/// What the signatures of a revision permit, taken together.
struct Rules {
    transforms: Vec<Transform>,
}

impl Rules {
    fn of(signed: &Source) -> Result<Self, PdfError> {
        let values = signed.signature_fields()?.into_iter().filter_map(|field| field.value);
        Ok(Self { transforms: values.flat_map(|value| value.transforms).collect() })
    }

    /// What the certification permits, as far as no later signature limits it; `None` where
    /// there is none.
    fn certified(&self) -> Option<Permission> {
        let is_certified = self.transforms.iter().any(|rule| matches!(rule, Transform::DocMdp(_)));
        self.limit().filter(|_| is_certified)
    }

    /// The least that any signature leaves permitted in the whole document.
    fn limit(&self) -> Option<Permission> {
        let permissions = self.transforms.iter().filter_map(|rule| match rule {
            Transform::DocMdp(permission) | Transform::Limit(permission) => Some(*permission),
            _ => None,
        });
        permissions.min()
    }

    fn lock(&self, field: &str) -> bool {
        self.limit() == Some(Permission::Nothing)
            || self.transforms.iter().any(|rule| match rule {
                Transform::FieldMdp(lock) => lock.locks(field),
                _ => false,
            })
    }

    fn judge(&self, step: &Step) -> Vec<Change> {
        let certain = step.changes.iter().cloned().map(|change| match change {
            // Time stamps and validation data are permitted always (ISO 32000-2, table 257).
            Change::Signature(name) if self.lock(&name) => Change::Locked(name),
            // A field that shows and that the author did not provide is an annotation.
            Change::Signature(name)
                if self.certified().is_some() && step.visible.contains(&name) =>
            {
                Change::Annotation
            }
            other => other,
        });
        let is_issue = step.is_issue();
        let filled = step.fillings.iter().map(|filling| self.filled(filling, is_issue));
        let comments = step.comments.iter().map(|comment| match self.certified() {
            Some(Permission::FillSignAndAnnotate) => {
                Change::Comment { page: comment.page, kind: comment.kind.clone() }
            }
            _ => Change::Annotation,
        });
        certain.chain(filled).chain(comments).collect()
    }

    fn filled(&self, filling: &Filling, is_issue: bool) -> Change {
        let Filling { field, text, was_empty, look, is_number } = filling;
        let (field, text) = (field.clone(), text.clone());
        if self.lock(&field) {
            return Change::Locked(field);
        }
        if *is_number {
            // Kept for number and date, a field takes nothing else, and nothing twice.
            return if is_issue && *was_empty {
                Change::NumberAndDate { field, text }
            } else {
                Change::Field(field)
            };
        }
        // Whoever certified the document made the form and answers for its looks; else a font
        // of the document's own may draw anything for any letter, and a box anything at all.
        let lawful = match self.certified() {
            Some(_) => true,
            None => *was_empty && *look == Look::Common,
        };
        if lawful { Change::Filled { field, text } } else { Change::Field(field) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::structure::FieldLock;

    fn codes(rules: &[Transform], step: &Step) -> Vec<&'static str> {
        let rules = Rules { transforms: rules.to_vec() };
        rules.judge(step).iter().map(Change::code).collect()
    }

    fn filling(look: Look, was_empty: bool, is_number: bool) -> Step {
        let (field, text) = ("So".to_owned(), "12".to_owned());
        let fillings = vec![Filling { field, text, was_empty, look, is_number }];
        Step { fillings, ..Step::default() }
    }

    const NOTHING: Transform = Transform::DocMdp(Permission::Nothing);
    const FILL: Transform = Transform::DocMdp(Permission::FillAndSign);
    const ANNOTATE: Transform = Transform::DocMdp(Permission::FillSignAndAnnotate);

    #[test]
    fn a_certified_document_takes_time_stamps_and_nothing_else() {
        let step = Step {
            changes: BTreeSet::from([
                Change::Signature("b".to_owned()),
                Change::DocumentTimestamp("t".to_owned()),
            ]),
            ..Step::default()
        };
        let both = ["signature", "document-timestamp"];
        assert_eq!(codes(&[], &step), both);
        assert_eq!(codes(&[FILL], &step), both);
        assert_eq!(codes(&[NOTHING], &step), ["locked", "document-timestamp"]);
        let include = |name: &str| Transform::FieldMdp(FieldLock::Include(vec![name.to_owned()]));
        assert_eq!(codes(&[include("b")], &step), ["locked", "document-timestamp"]);
        assert_eq!(codes(&[include("x")], &step), both);
    }

    #[test]
    fn a_new_signature_shows_where_nobody_certified() {
        let names = || BTreeSet::from(["b".to_owned()]);
        let changes = BTreeSet::from([Change::Signature("b".to_owned())]);
        let step = Step { changes, visible: names(), ..Step::default() };
        assert_eq!(codes(&[], &step), ["signature"]);
        assert_eq!(codes(&[Transform::Limit(Permission::FillAndSign)], &step), ["signature"]);
        assert_eq!(codes(&[FILL], &step), ["annotation"]);
        assert_eq!(codes(&[ANNOTATE], &step), ["annotation"]);
    }

    #[test]
    fn a_lock_limits_and_permits_nothing() {
        let doubtful = filling(Look::OfForm, true, false);
        let limit = Transform::Limit;
        assert_eq!(codes(&[limit(Permission::FillSignAndAnnotate)], &doubtful), ["field"]);
        let plain = filling(Look::Common, true, false);
        assert_eq!(codes(&[limit(Permission::FillAndSign)], &plain), ["form-filled"]);
        assert_eq!(codes(&[FILL, limit(Permission::Nothing)], &plain), ["locked"]);
        let comments = vec![Comment { page: 1, kind: "Highlight".to_owned() }];
        let commented = Step { comments, ..Step::default() };
        assert_eq!(codes(&[limit(Permission::FillSignAndAnnotate)], &commented), ["annotation"]);
        let narrowed = [ANNOTATE, limit(Permission::FillAndSign)];
        assert_eq!(codes(&narrowed, &commented), ["annotation"]);
    }

    #[test]
    fn a_form_is_filled_where_that_was_permitted() {
        let plain = filling(Look::Common, true, false);
        assert_eq!(codes(&[], &plain), ["form-filled"]);
        assert_eq!(codes(&[FILL], &plain), ["form-filled"]);
        assert_eq!(codes(&[NOTHING], &plain), ["locked"]);
        assert_eq!(codes(&[FILL, NOTHING], &plain), ["locked"]);
        assert_eq!(codes(&[FILL, Transform::FieldMdp(FieldLock::All)], &plain), ["locked"]);
        for doubtful in [filling(Look::OfForm, true, false), filling(Look::Common, false, false)] {
            assert_eq!(codes(&[], &doubtful), ["field"]);
            assert_eq!(codes(&[FILL], &doubtful), ["form-filled"]);
        }
    }

    #[test]
    fn number_and_date_come_once_and_with_the_seal() {
        let sealed = |step: Step| Step { is_sealed: true, ..step };
        assert_eq!(codes(&[], &sealed(filling(Look::OfForm, true, true))), ["number-and-date"]);
        assert_eq!(codes(&[], &filling(Look::OfForm, true, true)), ["field"]);
        assert_eq!(codes(&[], &sealed(filling(Look::OfForm, false, true))), ["field"]);
        assert_eq!(codes(&[NOTHING], &sealed(filling(Look::OfForm, true, true))), ["locked"]);
    }

    #[test]
    fn number_and_date_come_with_nothing_but_the_seal() {
        let with = |change: Change| Step {
            is_sealed: true,
            changes: BTreeSet::from([Change::Signature("Seal".to_owned()), change]),
            ..filling(Look::OfForm, true, true)
        };
        let proof = with(Change::ValidationData);
        assert_eq!(codes(&[], &proof), ["signature", "validation-data", "number-and-date"]);
        assert_eq!(codes(&[], &with(Change::Metadata)), ["signature", "metadata", "field"]);
        let mut another = with(Change::ValidationData);
        another.fillings.extend(filling(Look::Common, true, false).fillings);
        assert_eq!(codes(&[], &another), ["signature", "validation-data", "field", "form-filled"]);
        let mut commented = with(Change::ValidationData);
        commented.comments.push(Comment { page: 1, kind: "Highlight".to_owned() });
        assert_eq!(
            codes(&[ANNOTATE], &commented),
            ["signature", "validation-data", "field", "comment"]
        );
    }

    #[test]
    fn comments_need_a_certification_that_permits_them() {
        let comments = vec![Comment { page: 1, kind: "Highlight".to_owned() }];
        let step = Step { comments, ..Step::default() };
        assert_eq!(codes(&[], &step), ["annotation"]);
        assert_eq!(codes(&[FILL], &step), ["annotation"]);
        assert_eq!(codes(&[ANNOTATE], &step), ["comment"]);
        assert_eq!(codes(&[ANNOTATE, FILL], &step), ["annotation"]);
    }
}
