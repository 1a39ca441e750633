import t from 'tap'
import fc from 'fast-check'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { chainOf } from '../../../gateway/providers/model-chains.ts'
import { providersOf } from '../../../gateway/providers/provider-config.ts'

type File = NonNullable<Parameters<typeof providersOf>[0]>

const PLAIN = {
  groq: { models: { 'llama/small': {}, other: {} } },
  own: { format: 'openai-chat', baseUrl: 'http://127.0.0.1:1/v1', models: { m: {} } },
  anthropic: { models: { claude: {} } },
}
const withChain = (chain: readonly string[], provider: object = {}, model: object = {}): File =>
  ({ ...PLAIN, acme: { models: { fast: { chain: [...chain], ...model } }, ...provider } }) as unknown as File

await t.test('a provider of chains alone takes the format of the first member, and has no address and no key', (t) => {
  const { acme } = providersOf(withChain(['groq/llama/small', 'own/m']))
  t.match(acme, { format: 'openai-chat', baseUrls: [], keyless: true })
  if (acme === undefined) throw new Error('no provider')
  t.same(chainOf(acme, 'fast'), [{ provider: 'groq', model: 'llama/small' }, { provider: 'own', model: 'm' }])
  t.equal(chainOf(acme, 'constructor'), null)
  const groq = providersOf({ ...PLAIN, groq: { models: { other: {}, fast: { chain: ['groq/other', 'own/m'] } } } } as unknown as File)['groq']
  t.match(groq, { keyless: false, baseUrl: /groq/, models: { other: {}, fast: { chain: [{}, {}] } } }, 'a name beside models of the provider\'s own')
  t.end()
})

await t.test('a chain of what is not there, is a chain or is of another format is refused by name', (t) => {
  const wrong: ReadonlyArray<readonly [File, RegExp]> = [
    [withChain(['nowhere/m']), /providers\.acme needs a format/],
    [withChain(['own/m', 'nowhere/m']), /nowhere\/m, which is no model/],
    [withChain(['own/n']), /own\/n, which is no model/],
    [withChain(['own/constructor']), /no model/],
    [withChain(['own/m', 'acme/fast']), /acme\/fast, which is a chain/],
    [withChain(['own/m', 'anthropic/claude']), /speaks anthropic and not openai-chat/],
    [withChain(['own/m'], { format: 'gemini' }), /speaks openai-chat and not gemini/],
    [withChain(['own/m'], {}, { price: { perMillionInput: 1, perMillionOutput: 1 } }), /no price of its own/],
  ]
  for (const [file, message] of wrong) t.throws(() => providersOf(file), { code: 'WEIR_ERR_CONFIG_INVALID', message }, String(message))
  t.end()
})

await t.test('whatever chains say, they are of plain models of one format, or are refused', (t) => {
  const member = fc.constantFrom('groq/llama/small', 'groq/other', 'own/m', 'anthropic/claude', 'acme/fast', 'acme/slow', 'x/y', '__proto__/m')
  fc.assert(fc.property(fc.array(member, { minLength: 1, maxLength: 4 }), fc.array(member, { minLength: 1, maxLength: 4 }), (fast, slow) => {
    try {
      const providers = providersOf({ ...PLAIN, acme: { models: { fast: { chain: fast }, slow: { chain: slow } } } } as unknown as File)
      return Object.values(providers['acme']?.models ?? {}).every(({ chain }) => (chain ?? []).every(({ provider, model }) => {
        const config = providers[provider]
        return config !== undefined && config.format === providers['acme']?.format && Object.hasOwn(config.models, model) && chainOf(config, model) === null
      }))
    } catch (thrown) {
      return thrown instanceof GatewayError && thrown.code === 'WEIR_ERR_CONFIG_INVALID'
    }
  }), { numRuns: 300 })
  t.end()
})
