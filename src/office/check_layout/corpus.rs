//! Documents with known faults, to measure how well the checker finds them.
//!
//! Every type of the profile is composed by the law, in several lengths, with agencies,
//! signers and matters in turn; then one fault is put in, or several, or none. Since checker
//! and corpus come from one hand its figures are an upper bound: documents that another
//! program set are measured apart (`vanthuctl bench layout --folder`).

mod fault;
mod parts;
mod put;

use std::sync::Arc;

pub use fault::Fault;

use super::Asked;
use crate::domain::document::Urgency;
use crate::domain::layout::Rule;
use crate::office::extract::corpus::sheet;
use crate::office::layout::{self, Sheet};
use crate::pdf::compose::{Composition, NumberPlace};
use crate::pdf::{PdfError, compose as pdf};
use crate::rules::facts::PageNumberPlace;
use crate::rules::{DocumentType, Profile, TypeForm};

/// A rule and the component that it was broken in; empty where it concerns none.
pub type Breach = (Rule, &'static str);

/// One document with what is wrong in it.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub type_key: String,
    /// What its fields say.
    pub notation: String,
    pub urgency: Urgency,
    pub faults: Vec<Fault>,
    sheet: Sheet,
    old: bool,
    annexed: bool,
}

impl Case {
    pub fn pdf(&self) -> Result<Arc<[u8]>, PdfError> {
        let mut sheet = self.sheet.clone();
        for fault in &self.faults {
            fault.prepare(&mut sheet);
        }
        let mut composition = layout::composition(&sheet);
        if self.old {
            as_of_2011(&mut composition);
        }
        if self.annexed {
            put::annex(&mut composition.blocks);
        }
        for fault in &self.faults {
            fault.apply(&mut composition);
        }
        let mut bytes = pdf::compose(&composition)?;
        for fault in &self.faults {
            fault.patch(&mut bytes);
        }
        Ok(bytes.into())
    }

    /// What the fields of the document say.
    pub fn asked(&self) -> Asked<'_> {
        Asked {
            type_key: Some(&self.type_key),
            notation: Some(&self.notation),
            urgency: Some(self.urgency),
        }
    }

    /// What is to be found.
    pub fn breaches(&self) -> Vec<Breach> {
        self.faults.iter().map(|fault| fault.breach()).collect()
    }

    /// What follows from the faults and may be found as well.
    pub fn consequences(&self) -> Vec<Breach> {
        self.faults.iter().flat_map(|fault| fault.consequences()).copied().collect()
    }
}

/// Bases upright, numbers at the foot (Thông tư 01/2011/TT-BNV).
fn as_of_2011(composition: &mut Composition) {
    composition.page.number_place = NumberPlace::BottomRight;
    for (runs, _) in parts::of(&mut composition.blocks, "legal-bases") {
        runs.iter_mut().for_each(|run| run.italic = false);
    }
}

/// Documents without a fault: every type but copies, in three lengths.
pub fn clean(profile: &Profile) -> Vec<Case> {
    let mut all = Vec::new();
    for (at, kind) in kinds(profile).enumerate() {
        for length in 0..3 {
            all.push(case(profile, 4 * at + 7 * length + length, kind, Vec::new()));
        }
    }
    all
}

/// Every fault on some of the documents that may have it.
pub fn seeded(profile: &Profile, times: usize) -> Vec<Case> {
    let kinds: Vec<&DocumentType> = kinds(profile).collect();
    let mut all = Vec::new();
    for (step, fault) in Fault::ALL.into_iter().enumerate() {
        // Turns are tried in order until enough documents can have the fault.
        let fitting = (0..400).filter_map(|turn| {
            let kind = kinds.get((turn + step) % kinds.len().max(1))?;
            let made = case(profile, 3 * turn + step, kind, vec![fault]);
            fault.fits(&made.sheet, kind, profile).then_some(made)
        });
        all.extend(fitting.take(times));
    }
    all
}

/// Three faults at a time, in parts of the page that have nothing to do with each other.
pub fn mixed(profile: &Profile, count: usize) -> Vec<Case> {
    let kinds: Vec<&DocumentType> = kinds(profile).collect();
    let all = Fault::ALL;
    let mut made = Vec::new();
    for turn in 0..20 * count {
        let pick = |step: usize| all.get((turn * step + step) % all.len()).copied();
        let (Some(a), Some(b), Some(c)) = (pick(7), pick(11), pick(17)) else { continue };
        let Some(kind) = kinds.get(turn % kinds.len().max(1)) else { continue };
        let one = case(profile, 5 * turn + 2, kind, vec![a, b, c]);
        let fit = one.faults.iter().all(|fault| fault.fits(&one.sheet, kind, profile));
        let apart = !a.meets(b) && !b.meets(c) && !a.meets(c);
        if fit && apart {
            made.push(one);
        }
        if made.len() == count {
            break;
        }
    }
    made
}

fn kinds(profile: &Profile) -> impl Iterator<Item = &DocumentType> {
    profile.document_types().iter().filter(|row| row.form != TypeForm::Copy)
}

fn case(profile: &Profile, turn: usize, kind: &DocumentType, faults: Vec<Fault>) -> Case {
    let sheet = sheet(turn, kind);
    let annexed = faults.iter().any(|fault| fault.breach().0 == Rule::Annex)
        || faults.is_empty() && turn % 5 == 2;
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key()).collect();
    Case {
        name: format!("{turn:03}-{}-{}", kind.key, keys.join("+")),
        type_key: kind.key.clone(),
        notation: sheet.code.notation.clone(),
        urgency: sheet.urgency,
        faults,
        sheet,
        old: profile.layout().page_number == PageNumberPlace::BottomRight,
        annexed,
    }
}
