//! What fills the window: the login, the three panes, or why neither can be shown.

pub mod blocked;
pub mod login;
pub mod main;
