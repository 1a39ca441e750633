/**
 * Secrets of the right form, put together here: none stands in this repository, where others' scanners would find it.
 * `letters` is one repeatable source of characters.
 */
export function letters (count: number, seed = 1): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
  let state = seed
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647
    return alphabet[state % alphabet.length]
  }).join('')
}

const upper = (count: number, seed?: number): string => letters(count, seed).toUpperCase()
const joined = (...parts: readonly string[]): string => parts.join('')

/** A private key in PEM, its lines ended by `newline`. */
export function pem (newline: string): string {
  const label = joined('PRIVATE', ' ', 'KEY-----')
  const lines = Array.from({ length: 12 }, (_, line) => line === 0 ? `MII${letters(61)}` : letters(64, line + 2))
  return [`-----BEGIN RSA ${label}`, ...lines, `-----END RSA ${label}`].join(newline)
}

/** One of each kind by the name it is found under, and those after it in the alphabet that find it too, as text in which it stands and the part that must not leave. */
export const SECRETS: ReadonlyArray<{ readonly rule: string, readonly also?: readonly string[], readonly text: string, readonly secret: string }> = [
  one('aws', joined('AK', 'IA', upper(16))),
  one('aws', letters(40), (secret) => `aws_secret_access_key = "${secret}"`),
  one('aws', `${letters(19)}/${letters(20, 5)}`, (secret) => `{"AWS_SECRET_ACCESS_KEY":"${secret}"}`),
  one('aws', letters(40, 9), (secret) => `secretAccessKey: '${secret}'`),
  one('privatekey', pem('\n')),
  one('npm', joined('np', 'm_', letters(36))),
  one('npm', letters(36), (secret) => `//registry.acme.test/:_authToken=${secret}\n`),
  { ...one('basicauth', letters(40), (secret) => `"repo": "https://${secret}:x-oauth-basic@github.com/acme/shop"`), also: ['npm'] },
  one('basicauth', joined('https://carol:', letters(12), '@build.acme.test')),
  one('slack', joined('xo', 'xb-', '123456789012', '-', letters(24))),
  one('slack', joined('https://hooks.sla', 'ck.com/services/T', upper(8), '/B', upper(8), '/', letters(24))),
  one('sendgrid', joined('S', 'G.', letters(22), '.', letters(43))),
  one('shopify', joined('shp', 'at_', letters(32))),
  one('github', joined('gh', 'p_', letters(36))),
  one('github', joined('github', '_pat_', letters(82))),
  one('openai', joined('sk-', 'proj-', letters(74), 'T3Blb', 'kFJ', letters(74))),
  one('anthropic', joined('sk-', 'ant-api03-', letters(93), 'AA')),
  one('linear', joined('lin', '_api_', letters(40))),
  one('1password', joined('op', 's_', Buffer.from(JSON.stringify({ email: `${letters(20)}@1password.test`, muk: letters(62) })).toString('base64'))),
  one('database-connection-string', joined('postgres://shop:', letters(14), '@db.acme.test:5432/shop')),
  one('database-connection-string', joined('mongodb+srv://shop:', letters(14), '@cluster.acme.test/shop')),
]

/** What looks like a secret from afar, and must leave as it is. */
export const NEAR_MISSES: readonly string[] = [
  'sha512-' + letters(86) + '==',
  '0123456789abcdef0123456789abcdef01234567',
  '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  joined('AK', 'IAIOSFODNN7EXAMPLE'),
  joined('aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/', 'bPxRfiCYEXAMPLEKEY'),
  'export npm_config_registry_token=$NPM_TOKEN',
  'https://user:password@localhost:8080/',
  'postgres://localhost:5432/shop',
  'a task-1 on disk-2, with sk-learn and ops_team@acme.test',
  'data:image/png;base64,' + letters(4_000),
  'see packages/@acme/shop/src/secretAccessKey.ts',
  joined('-----BEGIN RSA PRIVATE', ' KEY-----\n...\n-----END RSA PRIVATE', ' KEY-----'),
  'https://registry.acme.test/@acme%2fshop/-/shop-1.0.0.tgz',
]

function one (rule: string, secret: string, around: (secret: string) => string = (plain) => plain): { readonly rule: string, readonly text: string, readonly secret: string } {
  return { rule, text: around(secret), secret }
}
