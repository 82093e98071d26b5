//! The office's procedures as pure types and functions.
//!
//! No file, no network, no database, and no clock of its own: the time is an argument.

pub mod act;
pub mod agency;
pub mod book;
pub mod bundle;
pub mod calendar;
pub mod charset;
pub mod clock;
pub mod copy;
pub mod deadline;
pub mod delivery;
pub mod demand;
pub mod difference;
pub mod document;
pub mod duplicate;
pub mod follow;
pub mod gate;
pub mod handling;
pub mod identity;
pub mod inbound;
pub mod layout;
pub mod letter;
pub mod operation;
pub mod opinion;
pub mod outbound;
pub mod paper;
pub mod places;
pub mod problem;
pub mod query;
pub mod report;
pub mod reserve;
pub mod role;
pub mod secrecy;
pub mod template;
pub mod text;
pub mod undo;
pub mod verdict;
