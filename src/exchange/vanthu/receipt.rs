//! The server's receipts, with the key that proves them.

use super::{VanthuLine, open};
use crate::exchange::wire::{Accepted, Receipted};
use crate::exchange::{Line as _, Receipt, SignedReceipt};

impl VanthuLine {
    /// What the server said of a packet with this hash, with the key that it names. A receipt
    /// that does not hold is kept as it came: the packet is accepted all the same, and who looks
    /// at the evidence is to see it.
    pub(super) fn receipt(&self, accepted: Accepted, sha256: &str) -> Receipt {
        let Accepted { id, received_at, receipt, number, link } = accepted;
        if receipt.is_empty() {
            return Receipt { server_id: id, received_at, signed: None };
        }
        let sender = self.caller.address.agency.clone();
        let key = open(&self.receipt_key).clone();
        let mut signed = SignedReceipt { sender, number, link, signature: receipt, key };
        let holds = |signed: &SignedReceipt| {
            let receipted = Receipted::of(signed, &id, sha256, received_at);
            receipted.is_proved(&signed.signature, &signed.key)
        };
        // The key was not asked for yet, or the server has been given another one since.
        if !holds(&signed) && self.health().is_ok() {
            signed.key = open(&self.receipt_key).clone();
        }
        if !holds(&signed) {
            tracing::warn!(%id, key = %signed.key, "the server's receipt does not hold");
        }
        Receipt { server_id: id, received_at, signed: Some(signed) }
    }
}
