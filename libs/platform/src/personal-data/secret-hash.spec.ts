import { verify } from '@node-rs/argon2';
import { hashSecret, isSecretHashing, SECRET_HASHING } from './secret-hash.js';

describe('A secret that people remember', () => {
  const salt = Buffer.from('sixteen bytes of');

  it('is hashed by the Argon2id of RFC 9106 with the parameters its way is named by', async () => {
    const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
    const hash = base64(Buffer.from(await hashSecret('4826', salt, SECRET_HASHING), 'base64url'));
    const [kind, memory, times, lanes] = SECRET_HASHING.split('-').map((part) => part.replace(/^[mtp](?=\d)/, ''));
    const encoded = `$${kind}$v=19$m=${memory},t=${times},p=${lanes}$${base64(salt)}$${hash}`;
    expect(await verify(encoded, '4826')).toBe(true);
    expect(await verify(encoded, '4827')).toBe(false);
  });

  it('has the same hash for the same salt, and another for another', async () => {
    const hash = await hashSecret('4826', salt, SECRET_HASHING);
    expect(await hashSecret('4826', salt, SECRET_HASHING)).toBe(hash);
    expect(await hashSecret('4826', Buffer.alloc(16), SECRET_HASHING)).not.toBe(hash);
  });

  it('is hashed in no way that is not known', () => {
    expect(isSecretHashing('md5')).toBe(false);
    expect(isSecretHashing('toString')).toBe(false);
  });
});
