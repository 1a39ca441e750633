import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'
import { runScript } from './run-script.ts'
import { testFolder } from '../support/test-folder.ts'

await t.test('an author writes a rule, sees a test fail and pass, replays, signs, pushes, and the running gateway decides by it', async (t) => {
  const script = join(packageRoot(), 'examples', 'policies', 'author-session.mjs')
  const { code, output } = await runScript(process.execPath, [script], testFolder(t), {})
  t.equal(code, 0, output)
  const steps = [
    /write docs\/legal\/terms\.md +allow +grants\.granted/,
    /test_lets_a_near_miss_be_written/,
    /0 errors/,
    /coverage 100\.0 %/,
    /stricter: allow grants\.granted -> deny legal_texts\.legal_text_changed/,
    /1 of \d+ decisions would change/,
    /signed by ES256/,
    /revision [0-9a-f]{64} is at http/,
    /write docs\/legal\/terms\.md +deny +legal_texts\.legal_text_changed/,
    /write docs\/legalese\.md +allow +grants\.granted/,
    /it was not restarted/,
  ]
  let from = output.indexOf('A day of work')
  for (const step of steps) {
    const at = output.slice(from).search(step)
    t.not(at, -1, `${String(step)} comes next`)
    from += Math.max(at, 0)
  }
  t.notMatch(output, /PRIVATE KEY/)
})
