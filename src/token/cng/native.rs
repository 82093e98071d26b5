//! The calls into crypt32, ncrypt and advapi32. Every handle is owned by a type that frees
//! it; no pointer leaves this file. Errors are Windows' codes.

#![allow(
    unsafe_code,
    reason = "Windows' certificate store has no safe interface that also \
    serves the vendors' CryptoAPI providers"
)]

use std::ffi::c_void;
use std::ptr;

use windows_sys::Win32::Foundation::GetLastError;
use windows_sys::Win32::Security::Cryptography::{
    ALG_ID, BCRYPT_PAD_PKCS1, BCRYPT_PAD_PSS, BCRYPT_PKCS1_PADDING_INFO, BCRYPT_PSS_PADDING_INFO,
    BCRYPT_SHA1_ALGORITHM, BCRYPT_SHA256_ALGORITHM, BCRYPT_SHA384_ALGORITHM,
    BCRYPT_SHA512_ALGORITHM, CALG_SHA_256, CALG_SHA_384, CALG_SHA_512, CALG_SHA1, CERT_CONTEXT,
    CERT_KEY_PROV_INFO_PROP_ID, CERT_NCRYPT_KEY_SPEC, CERT_STORE_OPEN_EXISTING_FLAG,
    CERT_STORE_PROV_SYSTEM_W, CERT_STORE_READONLY_FLAG, CERT_SYSTEM_STORE_CURRENT_USER,
    CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG, CertCloseStore, CertEnumCertificatesInStore,
    CertFreeCertificateContext, CertGetCertificateContextProperty, CertOpenStore,
    CryptAcquireCertificatePrivateKey, CryptCreateHash, CryptDestroyHash, CryptReleaseContext,
    CryptSetHashParam, CryptSignHashW, HCERTSTORE, HP_HASHVAL, NCryptFreeObject, NCryptSignHash,
};
use windows_sys::core::PCWSTR;

use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};

/// NTE_NOT_SUPPORTED
const NOT_SUPPORTED: u32 = 0x8009_0029;
/// CRYPT_E_NOT_FOUND
const NOT_FOUND: u32 = 0x8009_2004;
/// No store of a person holds more.
const MAX_CERTIFICATES: usize = 1000;
/// RSA of 16384 bits.
const MAX_SIGNATURE: u32 = 2048;

/// DER of every certificate of the user's own store that names a private key.
pub fn certificates() -> Result<Vec<Vec<u8>>, u32> {
    let mut found = Vec::new();
    each(|context| {
        if names_a_key(context) {
            found.push(der(context));
        }
        found.len() >= MAX_CERTIFICATES
    })?;
    Ok(found)
}

/// The private key of the certificate with these bytes. May ask the person for the token.
pub fn key(wanted: &[u8]) -> Result<Key, u32> {
    let mut key = Err(NOT_FOUND);
    each(|context| {
        let found = der(context) == wanted;
        if found {
            key = acquire(context);
        }
        found
    })?;
    key
}

/// Looks at the certificates of the user's own store until `look` has seen enough.
fn each(mut look: impl FnMut(&CERT_CONTEXT) -> bool) -> Result<(), u32> {
    let name: Vec<u16> = "MY".encode_utf16().chain([0]).collect();
    let flags =
        CERT_SYSTEM_STORE_CURRENT_USER | CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG;
    // SAFETY: the provider CERT_STORE_PROV_SYSTEM_W wants a name that ends with zero; `name`
    // does and outlives the call.
    let store =
        unsafe { CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, flags, name.as_ptr().cast()) };
    if store.is_null() {
        return match last_error() {
            // ERROR_FILE_NOT_FOUND: this user has never had a certificate.
            2 | 0x8007_0002 => Ok(()),
            code => Err(code),
        };
    }
    let store = Store(store);
    let mut context: *const CERT_CONTEXT = ptr::null();
    loop {
        // SAFETY: the store is open; `context` is null or came from the call before, which
        // this one frees.
        context = unsafe { CertEnumCertificatesInStore(store.0, context) };
        // SAFETY: a context that is not null is valid until it is handed back or freed.
        let Some(seen) = (unsafe { context.as_ref() }) else { return Ok(()) };
        if look(seen) {
            // SAFETY: ours to free, since it is not handed back.
            unsafe { CertFreeCertificateContext(context) };
            return Ok(());
        }
    }
}

/// An open store.
struct Store(HCERTSTORE);

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: opened once, closed once; contexts are not used beyond it.
        unsafe { CertCloseStore(self.0, 0) };
    }
}

fn der(context: &CERT_CONTEXT) -> Vec<u8> {
    if context.pbCertEncoded.is_null() {
        return Vec::new();
    }
    // SAFETY: Windows keeps so many bytes there as long as the context lives; they are copied.
    unsafe { std::slice::from_raw_parts(context.pbCertEncoded, context.cbCertEncoded as usize) }
        .to_vec()
}

fn names_a_key(context: &CERT_CONTEXT) -> bool {
    let mut size = 0;
    // SAFETY: without a buffer the call only tells the size.
    let told = unsafe {
        CertGetCertificateContextProperty(
            context,
            CERT_KEY_PROV_INFO_PROP_ID,
            ptr::null_mut(),
            &mut size,
        )
    };
    told != 0 && size > 0
}

fn acquire(context: &CERT_CONTEXT) -> Result<Key, u32> {
    let (mut handle, mut spec, mut ours) = (0, 0, 0);
    // SAFETY: every pointer is to a local of the right type, written before it is read.
    let acquired = unsafe {
        CryptAcquireCertificatePrivateKey(
            context,
            CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG,
            ptr::null(),
            &mut handle,
            &mut spec,
            &mut ours,
        )
    };
    if acquired == 0 { Err(last_error()) } else { Ok(Key { handle, spec, ours: ours != 0 }) }
}

/// A private key's handle, of CNG or of a CryptoAPI provider.
#[derive(Debug)]
pub struct Key {
    handle: usize,
    /// [`CERT_NCRYPT_KEY_SPEC`], or which key of a provider's container.
    spec: u32,
    /// Whether the handle is ours to free.
    ours: bool,
}

impl Drop for Key {
    fn drop(&mut self) {
        if !self.ours {
            return;
        }
        // SAFETY: acquired once, freed once, by the call of its own kind.
        unsafe {
            if self.spec == CERT_NCRYPT_KEY_SPEC {
                NCryptFreeObject(self.handle);
            } else {
                CryptReleaseContext(self.handle, 0);
            }
        }
    }
}

impl Key {
    /// Signs a digest as long as `algorithm`'s; ECDSA signatures are `r || s`. The driver may
    /// ask for the PIN.
    pub fn sign(
        &self,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, u32> {
        match (self.spec == CERT_NCRYPT_KEY_SPEC, scheme) {
            (true, _) => self.sign_cng(scheme, algorithm, digest),
            (false, SignatureScheme::RsaPkcs1) => self.sign_capi(algorithm, digest),
            (false, _) => Err(NOT_SUPPORTED),
        }
    }

    fn sign_cng(
        &self,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, u32> {
        let name = cng_name(algorithm);
        let pkcs1 = BCRYPT_PKCS1_PADDING_INFO { pszAlgId: name };
        let pss = BCRYPT_PSS_PADDING_INFO { pszAlgId: name, cbSalt: algorithm.size() as u32 };
        let (padding, flags): (*const c_void, u32) = match scheme {
            SignatureScheme::RsaPkcs1 => (ptr::from_ref(&pkcs1).cast(), BCRYPT_PAD_PKCS1),
            SignatureScheme::RsaPss => (ptr::from_ref(&pss).cast(), BCRYPT_PAD_PSS),
            SignatureScheme::Ecdsa => (ptr::null(), 0),
        };
        filled(|buffer, length, size| {
            // SAFETY: the padding lives in this function, digest and buffer are as long as
            // is said; without a buffer the call only tells the size.
            let status = unsafe {
                NCryptSignHash(
                    self.handle,
                    padding,
                    digest.as_ptr(),
                    digest.len() as u32,
                    buffer,
                    length,
                    size,
                    flags,
                )
            };
            if status == 0 { Ok(()) } else { Err(status.cast_unsigned()) }
        })
    }

    fn sign_capi(&self, algorithm: DigestAlgorithm, digest: &[u8]) -> Result<Vec<u8>, u32> {
        let mut handle = 0;
        // SAFETY: the provider's handle is ours; `handle` is a local.
        if unsafe { CryptCreateHash(self.handle, capi_name(algorithm), 0, 0, &mut handle) } == 0 {
            return Err(last_error());
        }
        let hash = Hash(handle);
        // SAFETY: HP_HASHVAL reads as many bytes as the algorithm's digest has, which the
        // caller's digest has too.
        if unsafe { CryptSetHashParam(hash.0, HP_HASHVAL, digest.as_ptr(), 0) } == 0 {
            return Err(last_error());
        }
        let mut signature = filled(|buffer, length, size| {
            *size = length;
            // SAFETY: `size` says how long the buffer is; without one the call tells the size.
            let signed = unsafe { CryptSignHashW(hash.0, self.spec, ptr::null(), 0, buffer, size) };
            if signed == 0 { Err(last_error()) } else { Ok(()) }
        })?;
        // CryptoAPI begins with the least significant byte.
        signature.reverse();
        Ok(signature)
    }
}

/// A CryptoAPI hash object.
struct Hash(usize);

impl Drop for Hash {
    fn drop(&mut self) {
        // SAFETY: created once, destroyed once.
        unsafe { CryptDestroyHash(self.0) };
    }
}

/// Calls once for the size and once more for the bytes: `call(buffer, its length, size)`.
fn filled(mut call: impl FnMut(*mut u8, u32, &mut u32) -> Result<(), u32>) -> Result<Vec<u8>, u32> {
    let mut size = 0;
    call(ptr::null_mut(), 0, &mut size)?;
    if size > MAX_SIGNATURE {
        return Err(NOT_SUPPORTED);
    }
    let mut bytes = vec![0; size as usize];
    call(bytes.as_mut_ptr(), size, &mut size)?;
    bytes.truncate(size as usize);
    Ok(bytes)
}

fn cng_name(algorithm: DigestAlgorithm) -> PCWSTR {
    match algorithm {
        DigestAlgorithm::Sha1 => BCRYPT_SHA1_ALGORITHM,
        DigestAlgorithm::Sha256 => BCRYPT_SHA256_ALGORITHM,
        DigestAlgorithm::Sha384 => BCRYPT_SHA384_ALGORITHM,
        DigestAlgorithm::Sha512 => BCRYPT_SHA512_ALGORITHM,
    }
}

const fn capi_name(algorithm: DigestAlgorithm) -> ALG_ID {
    match algorithm {
        DigestAlgorithm::Sha1 => CALG_SHA1,
        DigestAlgorithm::Sha256 => CALG_SHA_256,
        DigestAlgorithm::Sha384 => CALG_SHA_384,
        DigestAlgorithm::Sha512 => CALG_SHA_512,
    }
}

fn last_error() -> u32 {
    // SAFETY: reads a number of this thread.
    unsafe { GetLastError() }
}
