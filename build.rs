//! Gives the Windows programs their icon, version and manifest; does nothing elsewhere.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    const ICON: &str = "assets/vanthu.ico";
    const MANIFEST: &str = "packaging/windows/vanthu.manifest";
    for file in ["build.rs", ICON, MANIFEST] {
        println!("cargo:rerun-if-changed={file}");
    }
    // The system that is built for, which need not be the one that builds.
    if std::env::var("CARGO_CFG_TARGET_OS")? == "windows" {
        winresource::WindowsResource::new()
            .set_icon(ICON)
            .set_manifest_file(MANIFEST)
            .set("ProductName", "Văn Thư")
            .set("FileDescription", "Văn Thư")
            .set("LegalCopyright", "Apache-2.0")
            .compile()?;
    }
    Ok(())
}
