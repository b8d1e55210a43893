//! Just enough DER and armour to write keys that parse as what they claim to be; their numbers are random.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::codes::wrap;
use super::draw::Draw;

pub const OID_RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
pub const OID_EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
pub const OID_P256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
pub const OID_ED25519: &[u8] = &[0x2B, 0x65, 0x70];
pub const OID_PBES2: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0D];

/// One tag with its length and content.
pub fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short) if short < 128 => out.push(short),
        Ok(long) => out.extend([0x81, long]),
        Err(_) => {
            let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
            out.extend([0x82, high, low]);
        }
    }
    out.extend(content);
    out
}

pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

pub fn octets(content: &[u8]) -> Vec<u8> {
    tagged(0x04, content)
}

pub fn oid(content: &[u8]) -> Vec<u8> {
    tagged(0x06, content)
}

/// A positive integer of `bytes` bytes whose highest bit is set, hence with a zero before it.
pub fn integer(draw: &mut Draw, bytes: usize) -> Vec<u8> {
    let mut content = vec![0, 0x80 | draw.bytes(1).first().copied().unwrap_or(0)];
    content.extend(draw.bytes(bytes.saturating_sub(1)));
    tagged(0x02, &content)
}

pub fn small(number: u8) -> Vec<u8> {
    tagged(0x02, &[number])
}

fn exponent() -> Vec<u8> {
    tagged(0x02, &[0x01, 0x00, 0x01])
}

/// RSAPrivateKey (RFC 8017 A.1.2) of a modulus of `bytes` bytes.
pub fn rsa_private(draw: &mut Draw, bytes: usize) -> Vec<u8> {
    let half = bytes / 2;
    let mut parts = vec![small(0), integer(draw, bytes), exponent(), integer(draw, bytes)];
    parts.extend((0..5).map(|_| integer(draw, half)));
    sequence(&parts)
}

/// ECPrivateKey (RFC 5915) on P-256.
pub fn ec_private(draw: &mut Draw) -> Vec<u8> {
    let mut point = vec![0, 4];
    point.extend(draw.bytes(64));
    let curve = tagged(0xA0, &oid(OID_P256));
    let public = tagged(0xA1, &tagged(0x03, &point));
    sequence(&[small(1), octets(&draw.bytes(32)), curve, public])
}

/// PrivateKeyInfo (RFC 5958) around an inner key.
pub fn pkcs8(algorithm: &[u8], parameters: Vec<u8>, inner: &[u8]) -> Vec<u8> {
    sequence(&[small(0), sequence(&[oid(algorithm), parameters]), octets(inner)])
}

/// SubjectPublicKeyInfo (RFC 5280) of an RSA key of 2,048 bits.
pub fn rsa_public(draw: &mut Draw) -> Vec<u8> {
    let mut bits = vec![0];
    bits.extend(sequence(&[integer(draw, 256), exponent()]));
    sequence(&[sequence(&[oid(OID_RSA), tagged(0x05, &[])]), tagged(0x03, &bits)])
}

/// Something shaped as a certificate (RFC 5280): a body, an algorithm and a signature.
pub fn certificate(draw: &mut Draw) -> Vec<u8> {
    let name = sequence(&[tagged(0x31, &sequence(&[oid(&[0x55, 0x04, 0x03]), tagged(0x0C, draw.word().as_bytes())]))]);
    let algorithm = || sequence(&[oid(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B]), tagged(0x05, &[])]);
    let times = sequence(&[tagged(0x17, b"250101000000Z"), tagged(0x17, b"350101000000Z")]);
    let public = rsa_public(draw);
    let version = tagged(0xA0, &small(2));
    let body = sequence(&[version, integer(draw, 16), algorithm(), name.clone(), times, name, public]);
    let mut signature = vec![0];
    signature.extend(draw.bytes(256));
    sequence(&[body, algorithm(), tagged(0x03, &signature)])
}

/// PEM (RFC 7468): base64 in lines of 64 between a head and a foot with the label.
pub fn pem(label: &str, der: &[u8]) -> String {
    armour(label, "", &wrap(&STANDARD.encode(der), 64))
}

/// A block with dashes, header lines (each with its line end) and lines of base64.
pub fn armour(label: &str, headers: &str, lines: &str) -> String {
    let dashes = "-".repeat(5);
    let gap = if headers.is_empty() { "" } else { "\n" };
    format!("{dashes}BEGIN {label}{dashes}\n{headers}{gap}{lines}{dashes}END {label}{dashes}")
}

/// An `openssh-key-v1` of Ed25519 (OpenSSH PROTOCOL.key), without a passphrase.
pub fn openssh(draw: &mut Draw) -> Vec<u8> {
    fn text(content: &[u8]) -> Vec<u8> {
        let mut out = u32::try_from(content.len()).unwrap_or(0).to_be_bytes().to_vec();
        out.extend(content);
        out
    }
    let public = draw.bytes(32);
    let public_blob = [text(b"ssh-ed25519"), text(&public)].concat();
    let check = draw.bytes(4);
    let secret = [draw.bytes(32), public.clone()].concat();
    let comment = format!("{}@{}", draw.word(), draw.word());
    let mut private =
        [check.clone(), check, text(b"ssh-ed25519"), text(&public), text(&secret), text(comment.as_bytes())].concat();
    for pad in 1..=7_u8 {
        if private.len().is_multiple_of(8) {
            break;
        }
        private.push(pad);
    }
    let head = [b"openssh-key-v1\0".to_vec(), text(b"none"), text(b"none"), text(b""), vec![0, 0, 0, 1]].concat();
    [head, text(&public_blob), text(&private)].concat()
}
