//! Another program, with a time limit, killed when nobody waits for it any more.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{NotConverted, failed};
use crate::pdf::render::Cancel;

/// How often it is looked whether the program has ended.
const PAUSE: Duration = Duration::from_millis(30);

/// Runs a program that says nothing and reads nothing, for at most `patience`.
pub(super) fn run(
    command: &mut Command,
    patience: Duration,
    cancel: &Cancel,
) -> Result<ExitStatus, NotConverted> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        // No console window flashes up.
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(CREATE_NO_WINDOW);
    }
    let mut child = Running(command.spawn().map_err(failed)?);
    let begun = Instant::now();
    loop {
        if let Some(status) = child.0.try_wait().map_err(failed)? {
            return Ok(status);
        }
        if cancel.is_cancelled() {
            return Err(NotConverted::Cancelled);
        }
        if begun.elapsed() > patience {
            return Err(NotConverted::TooSlow);
        }
        thread::sleep(PAUSE);
    }
}

/// A child that does not outlive its caller.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sleep() -> Command {
        let mut command = Command::new("sleep");
        command.arg("60");
        command
    }

    #[test]
    fn what_hangs_or_is_not_wanted_is_ended() {
        let begun = Instant::now();
        let hasty = run(&mut sleep(), Duration::from_millis(100), &Cancel::new());
        assert_eq!(hasty, Err(NotConverted::TooSlow));
        let cancel = Cancel::new();
        cancel.cancel();
        let unwanted = run(&mut sleep(), Duration::from_secs(60), &cancel);
        assert_eq!(unwanted, Err(NotConverted::Cancelled));
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn how_it_ended_is_told() {
        let status = run(&mut Command::new("false"), Duration::from_secs(60), &Cancel::new());
        assert!(!status.unwrap().success());
        let missing = run(&mut Command::new("/nowhere/x"), PAUSE, &Cancel::new());
        assert!(matches!(missing, Err(NotConverted::Failed(_))));
    }
}
