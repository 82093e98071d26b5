# Installs what is missing, builds, and starts the demonstration on Windows 10 or 11.
# Needs Rust (rustup, https://rustup.rs), Python 3 and, for the compiler of the bundled
# SQLCipher and OpenSSL, the "Desktop development with C++" tools and Strawberry Perl.
#
#   powershell -ExecutionPolicy Bypass -File packaging\demo.ps1
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..')

function Say($text) { Write-Host "vanthu: $text" -ForegroundColor Cyan }
function Need($command, $winget) {
    if (Get-Command $command -ErrorAction SilentlyContinue) { return }
    if (-not (Get-Command winget -ErrorAction SilentlyContinue)) {
        throw "$command is missing: install $winget, then run this again"
    }
    Say "installing $winget"
    winget install --id $winget --exact --silent --accept-package-agreements --accept-source-agreements
    $env:Path = [Environment]::GetEnvironmentVariable('Path', 'Machine') + ';' +
        [Environment]::GetEnvironmentVariable('Path', 'User')
}

Need cargo  'Rustlang.Rustup'
Need python 'Python.Python.3.12'
Need perl   'StrawberryPerl.StrawberryPerl'

# pdfium.dll, which shows PDF pages, from the PyPI package pypdfium2.
$pdfium = Join-Path (Get-Location) '.pdfium'
if (-not (Test-Path (Join-Path $pdfium 'pdfium.dll'))) {
    Say 'fetching pdfium'
    $wheels = Join-Path $env:TEMP 'vanthu-pdfium'
    New-Item -ItemType Directory -Force $wheels, $pdfium | Out-Null
    python -m pip download --quiet --no-deps --only-binary=:all: --platform win_amd64 -d $wheels pypdfium2
    $wheel = Get-ChildItem $wheels -Filter 'pypdfium2*.whl' | Select-Object -First 1
    $zip = Join-Path $wheels 'pdfium.zip'
    Copy-Item $wheel.FullName $zip -Force
    Expand-Archive $zip -DestinationPath (Join-Path $wheels 'unpacked') -Force
    Copy-Item (Join-Path $wheels 'unpacked\pypdfium2_raw\pdfium.dll') $pdfium
    Get-ChildItem (Join-Path $wheels 'unpacked') -Recurse -Include '*LICENSE*' -File |
        Copy-Item -Destination $pdfium -Force
}

Say 'building (the first time takes about fifteen minutes on two cores)'
cargo build --release --bins
Copy-Item (Join-Path $pdfium 'pdfium.dll') 'target\release' -Force

Say 'starting; close the window to end the demonstration'
& 'target\release\vanthu.exe' --demo @args
