//! Getting in: wrong passwords, a second start, the other language.
