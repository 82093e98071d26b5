//! What the pickers of a draft's form show.

use std::fmt;

use crate::desk::words;
use crate::domain::document::{Steering, Urgency};
use crate::t;

/// A document type in the picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeChoice {
    pub key: String,
    pub name: String,
}

impl fmt::Display for TypeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.key)
    }
}

/// An urgency in the picker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrgencyChoice(pub Urgency);

impl fmt::Display for UrgencyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&words::urgency(self.0))
    }
}

/// Whether it directs, in the picker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SteeringChoice(pub Steering);

impl fmt::Display for SteeringChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&t!(&format!("steering-{}", self.0.key())))
    }
}

/// A leader in the picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaderChoice(pub String);

impl fmt::Display for LeaderChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
