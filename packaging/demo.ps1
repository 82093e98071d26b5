# Installs what is missing, builds, and starts the demonstration on Windows 10 or 11.
#
#   powershell -ExecutionPolicy Bypass -File packaging\demo.ps1
#
# winget installs Rust, Python 3, Strawberry Perl and Visual Studio's C++ tools (for the
# bundled SQLCipher and OpenSSL); where there is no winget, it says what to install.
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..')

function Say($text) { Write-Host "vanthu: $text" -ForegroundColor Cyan }

# Programs do not throw: their exit status has to be looked at.
function Check($what) { if ($LASTEXITCODE -ne 0) { throw "$what failed (exit status $LASTEXITCODE)" } }

function Install($id, $more) {
    if (-not (Get-Command winget -ErrorAction SilentlyContinue)) {
        throw "$id is missing and there is no winget: install it, then run this again"
    }
    Say "installing $id"
    winget install --id $id --exact --silent --accept-package-agreements --accept-source-agreements @more
    Check "installing $id"
    $env:Path = [Environment]::GetEnvironmentVariable('Path', 'Machine') + ';' +
        [Environment]::GetEnvironmentVariable('Path', 'User')
}

# Whether a command is there and runs. Windows comes with a "python" that only opens a shop.
function Test-Runs($command) {
    if (-not (Get-Command $command -ErrorAction SilentlyContinue)) { return $false }
    try { & $command --version 2>&1 | Out-Null } catch { return $false }
    return $LASTEXITCODE -eq 0
}

function Test-CompilerTools {
    $where = Join-Path ${env:ProgramFiles(x86)} 'Microsoft Visual Studio\Installer\vswhere.exe'
    if (-not (Test-Path $where)) { return $false }
    $tools = 'Microsoft.VisualStudio.Component.VC.Tools.x86.x64'
    return [bool](& $where -products '*' -latest -requires $tools -property installationPath)
}

if (-not (Test-CompilerTools)) {
    Install 'Microsoft.VisualStudio.2022.BuildTools' @('--override',
        '--quiet --wait --norestart --add Microsoft.VisualStudio.Workload.VCTools --includeRecommended')
}
if (-not (Test-Runs cargo))  { Install 'Rustlang.Rustup' @() }
if (-not (Test-Runs python)) { Install 'Python.Python.3.12' @() }
if (-not (Test-Runs perl))   { Install 'StrawberryPerl.StrawberryPerl' @() }

# pdfium.dll, which draws PDF pages: the same version as on other systems.
$version = (Select-String -Path 'packaging\fetch-pdfium' -Pattern '^version=(\S+)').Matches[0].Groups[1].Value
$pdfium = Join-Path (Get-Location) '.pdfium'
if (-not (Test-Path (Join-Path $pdfium 'pdfium.dll'))) {
    Say 'fetching pdfium'
    $work = Join-Path ([IO.Path]::GetTempPath()) "vanthu-pdfium-$version"
    New-Item -ItemType Directory -Force $work, (Join-Path $pdfium 'licences') | Out-Null
    python -m pip download --quiet --no-deps --only-binary=:all: --platform win_amd64 -d $work "pypdfium2==$version"
    Check 'fetching pdfium'
    $wheel = Get-ChildItem $work -Filter 'pypdfium2-*.whl' | Select-Object -First 1
    # Expand-Archive takes nothing but files named .zip.
    $zip = Join-Path $work 'pdfium.zip'
    $unpacked = Join-Path $work 'unpacked'
    Copy-Item $wheel.FullName $zip -Force
    Expand-Archive $zip -DestinationPath $unpacked -Force
    Get-ChildItem $unpacked -Recurse -File | Where-Object { $_.FullName -match '\\licenses\\' } |
        Copy-Item -Destination (Join-Path $pdfium 'licences') -Force
    Copy-Item (Join-Path $unpacked 'pypdfium2_raw\pdfium.dll') $pdfium
    Remove-Item $work -Recurse -Force
}

Say 'building (the first time takes about fifteen minutes on two cores)'
# The TLS library's assembly comes ready made, so that no assembler is needed.
$env:AWS_LC_SYS_PREBUILT_NASM = '1'
cargo build --release --bins
Check 'building'
Copy-Item (Join-Path $pdfium 'pdfium.dll') 'target\release' -Force

Say 'starting; close the windows to end the demonstration'
[Console]::OutputEncoding = [Text.Encoding]::UTF8
# Only with its output piped is a program with windows waited for.
& 'target\release\vanthu.exe' --demo @args | Out-Host
Check 'the demonstration'
