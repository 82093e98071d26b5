//! Certificates, paths, revocation, time stamps and CMS.

pub mod algorithm;
