//! Microsoft Word, by its automation, on Windows where LibreOffice is not installed.
//!
//! A small script of PowerShell opens the document read-only with macros off and has Word write
//! the PDF; paths reach it through its environment, never through its text. Word has no time
//! limit of its own: when the script is ended, the instance that it began may stay behind for
//! Windows to close. Compiled and read, but not tried with Word itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::run;
use super::{Converter, NotConverted};
use crate::pdf::render::Cancel;

const PATIENCE: Duration = Duration::from_secs(180);
/// `AutomationSecurity` 3: macros are off. `ExportAsFixedFormat` 17: PDF. `Quit` 0: save nothing.
const SCRIPT: &str = "$ErrorActionPreference = 'Stop'
$word = New-Object -ComObject Word.Application
try {
    $word.Visible = $false
    $word.DisplayAlerts = 0
    $word.AutomationSecurity = 3
    $document = $word.Documents.Open($env:VANTHU_SOURCE, $false, $true)
    $document.ExportAsFixedFormat($env:VANTHU_PDF, 17)
    $document.Close(0)
} finally {
    $word.Quit(0)
}";
const KEY: &str = r"HKCR\Word.Application\CLSID";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    powershell: PathBuf,
}

impl Word {
    /// Where Word is registered, and the script's own program is in its place.
    pub fn find() -> Option<Self> {
        if !cfg!(windows) {
            return None;
        }
        let root = PathBuf::from(std::env::var_os("SystemRoot")?).join("System32");
        let powershell = root.join(r"WindowsPowerShell\v1.0\powershell.exe");
        let mut query = Command::new(root.join("reg.exe"));
        query.args(["query", KEY]);
        let known = run(&mut query, Duration::from_secs(5), &Cancel::new()).ok()?.success();
        (known && powershell.is_file()).then_some(Self { powershell })
    }
}

impl Converter for Word {
    fn name(&self) -> &'static str {
        "Microsoft Word"
    }

    fn convert(
        &self,
        source: &Path,
        pdf: &Path,
        _scratch: &Path,
        cancel: &Cancel,
    ) -> Result<(), NotConverted> {
        let mut command = Command::new(&self.powershell);
        command
            .args(["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Command"])
            .arg(SCRIPT)
            .env("VANTHU_SOURCE", source)
            .env("VANTHU_PDF", pdf);
        let status = run(&mut command, PATIENCE, cancel)?;
        if status.success() {
            Ok(())
        } else {
            Err(NotConverted::Failed(format!("Word ended with {status}")))
        }
    }
}
