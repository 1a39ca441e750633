/** One or more of each kind of private data, well formed and nobody's. */
export const PRIVATE: ReadonlyArray<{ readonly rule: string, readonly value: string }> = [
  { rule: 'email', value: 'carol.meyer+shop@acme.co.uk' },
  { rule: 'email', value: 'BOB_1@mail.acme-corp.com' },
  { rule: 'iban', value: 'DE89370400440532013000' },
  { rule: 'iban', value: 'GB82 WEST 1234 5698 7654 32' },
  { rule: 'iban', value: 'NO93 8601 1117 947' },
  { rule: 'card', value: '4111111111111111' },
  { rule: 'card', value: '5555 5555 5555 4444' },
  { rule: 'card', value: '3782-822463-10005' },
  { rule: 'br-cpf', value: '529.982.247-25' },
  { rule: 'de-tax-id', value: '86095742719' },
  { rule: 'de-tax-id', value: '47 036 892 816' },
  { rule: 'es-dni', value: '12345678Z' },
  { rule: 'es-dni', value: 'X-1234567-L' },
  { rule: 'fr-nir', value: '255081416802538' },
  { rule: 'fr-nir', value: '2 55 08 14 168 025 38' },
  { rule: 'it-fiscal-code', value: 'RSSMRA85T10A562S' },
  { rule: 'pl-pesel', value: '44051401359' },
  { rule: 'customer', value: 'CN-12345678' },
]

/** The same forms with a wrong check digit, and what stands in every repository. */
export const NOT_PRIVATE: readonly string[] = [
  'DE89370400440532013001', 'GB82 WEST 1234 5698 7654 33', 'XX89370400440532013000', '4111111111111112', '5555 5555 5555 4445', '9111111111111111',
  '529.982.247-26', '111.111.111-11', '86095742718', '12345678A', '255081416802539', 'RSSMRA85T10A562T', '44051401358', '44131401359',
  'CN-123456789', 'XCN-12345678', 'CN-1234567',
  'git@github.com:acme/shop.git', 'https://carol:word@acme.com/', 'ssh://carol@acme.com', 'carol@example.com', 'carol@shop.test', 'logo@2x.png',
  '@acme/shop@1.2.3', 'carol@localhost', 'a @ b.com', '0.4111111111111111', '1700000000000', 'f4111111111111111', '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
]

export const EVERYTHING = {
  email: true,
  iban: true,
  card: true,
  'br-cpf': true,
  'de-tax-id': true,
  'es-dni': true,
  'fr-nir': true,
  'it-fiscal-code': true,
  'pl-pesel': true,
  own: { customer: { pattern: 'CN-[0-9]{8}' } },
}
