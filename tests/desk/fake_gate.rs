//! The fake office's gate: looks that stand against some documents, decisions that can be
//! taken back, reports.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vanthu::desk::door::{Door, GateDoor};
use vanthu::domain::document::DocumentKey;
use vanthu::domain::gate::{
    Check, CheckName, CountedFile, Fact, Gate, Judgement, Outcome, Way, legal_finding,
};
use vanthu::domain::inbound::{InboundDocument, InboundState};
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::report::{ErrorReport, ReportTo};
use vanthu::office::Unacknowledged;
use vanthu::office::batch::{Cancel, Fate, Progress, Tell};
use vanthu::office::gate::GateView;
use vanthu::office::many::{Decision, Fates};

use super::{FakeDoor, missing};

/// What the fake office remembers of its gate.
#[derive(Debug, Default)]
pub struct GateBooks {
    pub judgements: Vec<(DocumentKey, Judgement)>,
    pub reports: Vec<(DocumentKey, ErrorReport)>,
    pub read: Vec<Uuid>,
    /// Whether documents come with a file of a wrong format.
    pub bad_formats: bool,
    /// Whether the office closes soon.
    pub closing: bool,
    pub notifies: bool,
    /// Cancelled documents that were opened, and why.
    pub unsealed: Vec<(DocumentKey, String)>,
}

fn looked_at(document: &InboundDocument, bad: bool) -> Gate {
    let check = |name: CheckName| {
        let (outcome, facts) = match name {
            CheckName::Competence => {
                (Outcome::NotDone { why: "for-the-clerk".to_owned(), owed: false }, Vec::new())
            }
            CheckName::Malware => {
                (Outcome::NotDone { why: "no-scanner".to_owned(), owed: false }, Vec::new())
            }
            CheckName::Formats if bad => {
                let fact = Fact::new("format-mismatch").with("name", "phu-luc.docx");
                (Outcome::Failed, vec![fact.at("phu-luc.docx")])
            }
            CheckName::Attachments => {
                let fact = Fact::new("pages-differ").with("stated", 5).with("counted", 2);
                (Outcome::Warned, vec![Fact::new("files-counted").with("count", 1), fact])
            }
            _ => (Outcome::Passed, Vec::new()),
        };
        let article = "Quyết định 28/2018/QĐ-TTg Điều 9 khoản 1".to_owned();
        Check { name, outcome, article, facts }
    };
    Gate {
        checks: CheckName::ALL.into_iter().map(check).collect(),
        files: vec![CountedFile {
            name: "van-ban.pdf".to_owned(),
            size: 1000,
            sha256: "00".to_owned(),
            pages: Some(2),
            main: true,
        }],
        legal: legal_finding(&document.verdict, true),
        checked_at: document.arrived_at,
    }
}

impl GateDoor for FakeDoor {
    fn gate(&self, key: DocumentKey) -> Result<GateView, Problem> {
        let document = self.inbound_document(key)?;
        let books = self.keeper.enter()?;
        let gate = looked_at(&document, books.gate.bad_formats);
        let mine = |other: &DocumentKey| *other == key;
        Ok(GateView {
            way: gate.way(&[CheckName::Malware]),
            gate: Some(gate),
            judgements: books
                .gate
                .judgements
                .iter()
                .filter(|(other, _)| mine(other))
                .map(|(_, judgement)| judgement.clone())
                .collect(),
            proposed: if books.gate.bad_formats {
                vec!["Định dạng tệp không đúng quy định".to_owned()]
            } else {
                Vec::new()
            },
            reports: books
                .gate
                .reports
                .iter()
                .filter(|(other, _)| mine(other))
                .map(|(_, report)| report.clone())
                .collect(),
        })
    }

    fn check_again(&self, key: DocumentKey) -> Result<GateView, Problem> {
        self.keeper.enter()?.deeds.push("checked again".to_owned());
        self.gate(key)
    }

    fn judge_check(&self, key: DocumentKey, check: CheckName, note: &str) -> Result<(), Problem> {
        let (user, note) = (self.session.user.clone(), note.to_owned());
        let judgement = Judgement { check, user, note, at: Timestamp::now() };
        self.keeper.enter()?.gate.judgements.push((key, judgement));
        Ok(())
    }

    fn accept_despite(&self, key: DocumentKey, reason: &str) -> Result<(), Problem> {
        if matches!(self.gate(key)?.way, Way::WithReason(_)) && reason.is_empty() {
            return Err(Problem::new("office-gate-reason", Kind::Refused, Blame::Input)
                .with("checks", "Định dạng tệp"));
        }
        self.keeper.enter()?.move_inbound(key, InboundState::Accepted, reason)
    }

    fn undo(&self, key: DocumentKey) -> Result<InboundState, Problem> {
        let mut books = self.keeper.enter()?;
        let document = books.inbound.iter_mut().find(|d| d.key == key).ok_or_else(missing)?;
        let back = match document.state {
            InboundState::Accepted | InboundState::Returned => InboundState::Arrived,
            _ => {
                let code = "office-undo-number-taken";
                return Err(Problem::new(code, Kind::Refused, Blame::Input));
            }
        };
        document.state = back;
        books.deeds.push("undone".to_owned());
        Ok(back)
    }

    fn unacknowledged(&self, limit: u32) -> Result<Vec<Unacknowledged>, Problem> {
        let books = self.keeper.enter()?;
        let mut waiting: Vec<Unacknowledged> = books
            .inbound
            .iter()
            .filter(|document| document.state == InboundState::Arrived)
            .map(|document| {
                let due = document.arrived_at + SignedDuration::from_hours(8);
                Unacknowledged { document: document.clone(), due, late: due < Timestamp::now() }
            })
            .collect();
        waiting.sort_by_key(|one| one.document.arrived_at);
        waiting.truncate(limit as usize);
        Ok(waiting)
    }

    fn report_error(&self, key: DocumentKey, to: ReportTo, words: &str) -> Result<(), Problem> {
        let (by, text) = (self.session.user.clone(), words.to_owned());
        let report = ErrorReport { id: Uuid::now_v7(), to, text, by, at: Timestamp::now() };
        let mut books = self.keeper.enter()?;
        books.gate.reports.push((key, report));
        books.deeds.push("error reported".to_owned());
        Ok(())
    }

    fn reported_to_me(&self) -> Result<Vec<(DocumentKey, ErrorReport)>, Problem> {
        let books = self.keeper.enter()?;
        let mine = |report: &ErrorReport| {
            report.to == ReportTo::User { user: self.session.user.clone() }
                && !books.gate.read.contains(&report.id)
        };
        Ok(books.gate.reports.iter().filter(|(_, report)| mine(report)).cloned().collect())
    }

    fn report_read(&self, id: Uuid) -> Result<(), Problem> {
        self.keeper.enter()?.gate.read.push(id);
        Ok(())
    }

    fn decide_many(
        &self,
        keys: &[DocumentKey],
        decision: &Decision,
        cancel: &Cancel,
        tell: Tell<'_, String>,
    ) -> Result<Fates, Problem> {
        let mut fates = Fates::new();
        for (index, key) in keys.iter().enumerate() {
            let fate = if cancel.is_cancelled() {
                Fate::NotTried(Problem::new("office-many-cancelled", Kind::Refused, Blame::Input))
            } else {
                let made = match decision {
                    Decision::Accept => self.accept_despite(*key, "").map(|()| String::new()),
                    Decision::Register => self
                        .register(*key)
                        .map(|registration| registration.arrival_number.to_string()),
                    Decision::Assign(given) => {
                        self.assign_to(*key, given.clone()).map(|()| String::new())
                    }
                };
                match made {
                    Ok(word) => Fate::Done(word),
                    Err(problem) => Fate::Failed(problem),
                }
            };
            tell(Progress { index, finished: index + 1, total: keys.len(), fate: &fate });
            fates.push((*key, fate));
        }
        Ok(fates)
    }

    fn newest_refusal(&self) -> Result<Option<Problem>, Problem> {
        Ok(Some(
            Problem::new("office-secret", Kind::Refused, Blame::Sender)
                .with("mark", "MẬT")
                .with("procedure", "Báo ngay người đứng đầu cơ quan."),
        ))
    }

    fn is_reminding_time(&self, _: Timestamp) -> bool {
        self.keeper.enter().is_ok_and(|books| books.gate.closing)
    }

    fn notifies(&self) -> bool {
        self.keeper.enter().is_ok_and(|books| books.gate.notifies)
    }

    fn tells_overdue(&self, _: Date) -> Result<bool, Problem> {
        Ok(false)
    }
}
