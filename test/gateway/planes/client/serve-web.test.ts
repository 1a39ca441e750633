import { createHash } from 'node:crypto'
import t from 'tap'
import { webFileType } from '../../../../adapters/opencode/web-interface.ts'
import { pagePolicy } from '../../../../gateway/planes/client/serve-web.ts'

await t.test('a page may run the scripts written into it and no other inline one', async (t) => {
  const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = pagePolicy('<script id="a">one()\n</script><script type="module" crossorigin src="/assets/x.js"></script><script>two()</script>')
  t.ok(policy.includes(`script-src 'self' 'wasm-unsafe-eval' ${digest('one()\n')} ${digest('two()')};`), policy)
  t.notMatch(policy, /script-src[^;]*unsafe-inline|\*|https?:/)
  t.match(pagePolicy('<p>'), /script-src 'self' 'wasm-unsafe-eval';/)
})

await t.test('only files with a known ending and a plain name are files of the interface', async (t) => {
  t.equal(webFileType('/assets/index-jmcwmLQ6.js'), 'text/javascript; charset=utf-8')
  t.equal(webFileType('/favicon-v3.svg'), 'image/svg+xml')
  for (const path of ['/', '/assets/', '/assets/a.html', '/assets/a', '/assets/../a.js', '/assets/.a.js', '/assets/a.js/b.js', '/assets/%2e.js', '/assets/a.constructor', '/x/a.js', '//a.js', '/assets/a.js?x']) t.equal(webFileType(path), null, path)
})
