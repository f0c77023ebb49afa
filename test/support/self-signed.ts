/** A certificate for a server of a test, made of the few parts of X.509 that it takes (RFC 5280, "Certificate and Certificate Extensions Profile"). */
import { generateKeyPairSync, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

const OID_ECDSA_SHA256 = '06082a8648ce3d040302';
const OID_COMMON_NAME = '0603550403';
const OID_ALT_NAME = '0603551d11';

/** PEM texts of a fresh key and of a certificate over it that nobody but itself vouches for. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

/** @param names - host names and IPv4 addresses that it is good for, from yesterday till tomorrow. */
export function selfSigned(names: readonly string[]): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(0x30, Buffer.from(OID_ECDSA_SHA256, 'hex'));
  const name = der(0x30, der(0x31, der(0x30, Buffer.from(OID_COMMON_NAME, 'hex'), der(0x0c, Buffer.from('test')))));
  const altNames = names.map((text) =>
    isIPv4(text) ? der(0x87, Buffer.from(text.split('.').map(Number))) : der(0x82, Buffer.from(text)),
  );
  const extension = der(0x30, Buffer.from(OID_ALT_NAME, 'hex'), der(0x04, der(0x30, ...altNames)));
  const signed = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    der(0x30, time(-1), time(1)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, extension)),
  );
  const signature = sign('sha256', signed, privateKey);
  const cert = der(0x30, signed, algorithm, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${cert.toString('base64')}\n-----END CERTIFICATE-----\n`,
  };
}

/** One value: tag, length, contents. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const { length } = Buffer.concat(parts);
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), ...parts]);
}

function time(days: number): Buffer {
  const iso = new Date(Date.now() + days * 86_400_000).toISOString();
  return der(0x17, Buffer.from(`${iso.slice(2, 19).replace(/[-:T]/g, '')}Z`));
}
