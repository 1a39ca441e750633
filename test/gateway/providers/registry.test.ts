import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { loadRegistry } from '../../../gateway/providers/registry.ts'
import { testFolder } from '../../support/test-folder.ts'

const GROQ = { name: 'Groq', format: 'openai-chat', baseUrl: 'https://api.groq.com/openai/v1', keyVariables: ['GROQ_API_KEY'] }
const LOCAL = { name: 'Ollama', format: 'openai-chat', baseUrl: 'http://127.0.0.1:11434/v1', keyVariables: [] }

await t.test('the registry that comes with the package is sound and has the providers people use', (t) => {
  const registry = loadRegistry()
  t.same(registry.get('groq'), GROQ)
  t.same(registry.get('ollama'), LOCAL)
  t.match(registry.get('anthropic'), { format: 'anthropic', baseUrl: 'https://api.anthropic.com/v1', keyVariables: ['ANTHROPIC_API_KEY'] })
  t.match(registry.get('openai'), { format: 'openai-responses', baseUrl: 'https://api.openai.com/v1' })
  t.equal(registry.get('minimax')?.auth, 'bearer', 'Anthropic\'s format, and not its header')
  t.match(registry.get('google'), { format: 'gemini', keyVariables: ['GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY'] })
  for (const id of ['openrouter', 'mistral', 'deepseek', 'xai', 'togetherai', 'fireworks-ai']) t.ok(registry.has(id), id)
  for (const id of ['ollama', 'vllm', 'lmstudio', 'llama.cpp']) t.match(registry.get(id), { format: 'openai-chat', baseUrl: /^http:\/\/127\.0\.0\.1:/, keyVariables: [] }, id)
  t.end()
})

await t.test('a bad registry is refused, and the refusal names the place', (t) => {
  const file = join(testFolder(t, {}), 'registry.json')
  const load = (text: string): unknown => {
    writeFileSync(file, text)
    return loadRegistry(file)
  }
  t.same(load(JSON.stringify({ groq: GROQ, ollama: LOCAL })), new Map(Object.entries({ groq: GROQ, ollama: LOCAL })))
  const wrong: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /cannot be read/],
    ['[]', /wrong/],
    [`{"groq":${JSON.stringify(GROQ)},"groq":${JSON.stringify(LOCAL)}}`, /cannot be read/],
    [JSON.stringify({ groq: { ...GROQ, format: 'soap' } }), /groq\.format/],
    [JSON.stringify({ groq: { ...GROQ, auth: 'query' } }), /groq\.auth/],
    [JSON.stringify({ groq: { ...GROQ, keyVariables: ['$(id)'] } }), /groq\.keyVariables/],
    [JSON.stringify({ groq: { ...GROQ, key: 'sk-1' } }), /groq/],
    [JSON.stringify({ '../groq': GROQ }), /wrong/],
    [JSON.stringify({ groq: { ...GROQ, baseUrl: 'https://user:secret@api.groq.com/v1' } }), /groq\.baseUrl/],
    [JSON.stringify({ groq: { ...GROQ, baseUrl: 'https://api.groq.com/v1/' } }), /groq\.baseUrl/],
    [JSON.stringify({ groq: { ...GROQ, baseUrl: 'https://api.groq.com/v1?key=' } }), /groq\.baseUrl/],
    [JSON.stringify({ groq: { ...GROQ, baseUrl: 'http://api.groq.com/v1' } }), /groq .*https/],
    [JSON.stringify({ ollama: { ...LOCAL, baseUrl: 'http://10.0.0.1:11434/v1' } }), /ollama .*machine/],
    [JSON.stringify({ ollama: { ...LOCAL, baseUrl: 'http://127.evil.test:11434/v1' } }), /ollama .*machine/],
  ]
  for (const [text, message] of wrong) t.throws(() => load(text), { code: 'WEIR_ERR_CONFIG_INVALID', message }, text)
  t.throws(() => loadRegistry(join(file, 'none')), { code: 'WEIR_ERR_CONFIG_INVALID' })
  t.end()
})

await t.test('whatever the file holds, it is a registry or a refusal', (t) => {
  const file = join(testFolder(t, {}), 'registry.json')
  const entry = fc.record({ name: fc.string(), format: fc.constantFrom('gemini', 'x'), baseUrl: fc.oneof(fc.webUrl(), fc.string()), keyVariables: fc.array(fc.string(), { maxLength: 2 }) }, { requiredKeys: [] })
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.dictionary(fc.string(), entry).map((value) => JSON.stringify(value))), (text) => {
    writeFileSync(file, text)
    try {
      for (const { baseUrl, keyVariables } of loadRegistry(file).values()) if (keyVariables.length > 0 && !baseUrl.startsWith('https://')) return false
    } catch (thrown) {
      return thrown instanceof GatewayError && thrown.code === 'WEIR_ERR_CONFIG_INVALID'
    }
    return true
  }), { numRuns: 300 })
  t.end()
})
