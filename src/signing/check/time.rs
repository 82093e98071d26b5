//! When a signature was there, and how that is known (ETSI EN 319 102-1, 5.5 and 5.6).
//!
//! A time stamp proves something only as long as it can itself be relied upon: while its
//! service's certificate lasts, or longer, where a later document time stamp proves that it
//! was there in time. So document time stamps are looked at from the newest, which must hold
//! today, to the oldest; each that holds proves everything below it at its own time.

use jiff::{SignedDuration, Timestamp};

use super::one::{Brought, Checker};
use super::strength;
use crate::pdf::structure::SignatureValue;
use crate::pki::cms::SignedData;
use crate::pki::path::{PathReason, PathStatus};
use crate::pki::tsp::{self, TimeStamp};
use crate::signing::reason::Reason;
use crate::signing::report::SignatureReport;

/// Some Vietnamese tools write local time and mark it as UTC.
const SEVEN_HOURS: SignedDuration = SignedDuration::from_hours(7);
const TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

/// How far the clocks of two services may differ.
pub(super) const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// A document time stamp that holds: the file's first `length` bytes were there at `at`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Existence {
    pub length: usize,
    pub at: Timestamp,
    /// The file alone, with the roots, proves it.
    pub self_contained: bool,
}

/// A signature's time, and how it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub at: Timestamp,
    pub stamped: bool,
}

/// What a time stamp is worth.
enum Worth {
    Good,
    /// Good, by what was good on a day that is proved.
    GoodThen,
    Expired,
    Untrusted,
    Invalid,
}

impl Checker<'_> {
    /// The earliest time at which a revision of this length is proved to have been there.
    fn existed(&self, length: usize) -> Option<Timestamp> {
        self.first_over(length).map(|proof| proof.at)
    }

    fn first_over(&self, length: usize) -> Option<Existence> {
        let over = self.proofs.iter().filter(|proof| proof.length > length);
        over.min_by_key(|proof| proof.at).copied()
    }

    /// The first document time stamp over a signature.
    pub(super) fn proof_over(&self, report: &SignatureReport) -> Option<Existence> {
        self.first_over(report.signed_length?)
    }

    /// The time stamp's time if there is a good one, else that of a document time stamp over
    /// the signature, else the signer's own.
    pub(super) fn moment(
        &self,
        report: &mut SignatureReport,
        signed: &SignedData,
        value: &SignatureValue,
        brought: &Brought,
    ) -> (Option<TimeStamp>, Moment) {
        let length = report.signed_length.unwrap_or(usize::MAX);
        let existed = self.existed(length);
        let mut good = None;
        let trust = super::one::with_pool(self.options.trust, &brought.pool);
        let at_hand = self.at_hand(brought);
        report.stamps = signed.signer.timestamps.len();
        for token in &signed.signer.timestamps {
            let message = &signed.signer.signature;
            let stamp = tsp::verify(token, message, &trust, &at_hand, self.options.online);
            let Ok(stamp) = stamp else {
                report.add(Reason::TimestampInvalid);
                continue;
            };
            if self.out_of_order(stamp.gen_time, length) {
                report.add(Reason::TimestampOrder);
            }
            match self.worth(&stamp, existed.unwrap_or(self.now)) {
                Worth::Good => good = good.or(Some(stamp)),
                Worth::GoodThen => {
                    report.add(Reason::AlgorithmOutdated);
                    good = good.or(Some(stamp));
                }
                Worth::Expired => report.add(Reason::TimestampExpired),
                Worth::Untrusted => report.add(Reason::TimestampUntrusted),
                Worth::Invalid => report.add(Reason::TimestampInvalid),
            }
        }
        let proven = good.as_ref().map(|stamp| stamp.gen_time).or(existed);
        if good.is_none() && existed.is_some() {
            report.add(Reason::TimeFromDocument);
        }
        let claims = [value.claimed_time, signed.signer.signing_time];
        let known = proven.unwrap_or(self.now);
        let ahead = |claim: &Timestamp| {
            let off = claim.duration_since(known) - SEVEN_HOURS;
            off.abs() <= TOLERANCE
        };
        if claims.iter().flatten().any(ahead) {
            report.add(Reason::ClockSevenHours);
        }
        let claim = claims.into_iter().flatten().next();
        report.claimed_time = claim;
        report.time_stamped = proven.is_some();
        report.signing_time = proven.or(claim);
        let moment = Moment {
            // Nobody signs in the future; a clock that runs ahead proves nothing else.
            at: report.signing_time.unwrap_or(self.now).min(self.now),
            stamped: proven.is_some(),
        };
        (good, moment)
    }

    /// What a time stamp is worth that is known to have been there at `control`.
    fn worth(&self, stamp: &TimeStamp, control: Timestamp) -> Worth {
        let path = &stamp.report;
        let control = control.max(stamp.gen_time);
        let weak =
            |reason: &PathReason| matches!(reason, PathReason::WeakKey | PathReason::WeakAlgorithm);
        match path.status {
            PathStatus::Invalid => Worth::Invalid,
            // Whoever holds an authority's key makes a service and dates back as he likes.
            _ if path.is_revoked() => Worth::Invalid,
            PathStatus::Indeterminate if !path.reasons.iter().all(weak) => Worth::Untrusted,
            _ if !path.chain.iter().all(|certificate| certificate.is_valid_at(control)) => {
                Worth::Expired
            }
            PathStatus::Indeterminate => {
                let (rules, trust) = (self.algorithms, self.options.trust);
                let chain = &path.chain;
                let all = strength::reasons(rules, stamp.digest, chain, trust, control, true);
                // With nothing else found, what is weak is the token's own signature.
                let good = !all.is_empty() && all.iter().all(|one| one.is_note());
                if good { Worth::GoodThen } else { Worth::Untrusted }
            }
            PathStatus::Valid => Worth::Good,
        }
    }

    /// Whether a stamp in a signature over `length` bytes contradicts a document time stamp
    /// over it, or one that it covers.
    fn out_of_order(&self, at: Timestamp, length: usize) -> bool {
        self.proofs.iter().any(|proof| {
            if proof.length > length { at > proof.at + SKEW } else { at + SKEW < proof.at }
        })
    }

    /// What the report of a document time stamp says beyond its path; gives what it proves.
    pub(super) fn conclude_stamp(
        &self,
        report: &mut SignatureReport,
        stamp: &TimeStamp,
    ) -> Option<Existence> {
        let length = report.signed_length?;
        let control = self.existed(length).unwrap_or(self.now);
        if self.out_of_order(stamp.gen_time, length) {
            report.add(Reason::TimestampOrder);
        }
        match self.worth(stamp, control) {
            Worth::Good => {}
            Worth::GoodThen => report.add(Reason::AlgorithmOutdated),
            Worth::Expired => {
                report.add(Reason::TimestampExpired);
                return None;
            }
            Worth::Untrusted | Worth::Invalid => {
                for reason in &stamp.report.reasons {
                    report.add((*reason).into());
                }
                return None;
            }
        }
        let holds = report.verdict == crate::domain::verdict::Verdict::Valid;
        let self_contained = holds && self.proves(stamp);
        holds.then_some(Existence { length, at: stamp.gen_time, self_contained })
    }
}
