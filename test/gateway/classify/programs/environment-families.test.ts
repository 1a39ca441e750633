import t from 'tap'
import { steersByFamily } from '../../../../gateway/classify/programs/environment-families.ts'

await t.test('a variable steers a program by its family or by a scratch path in it', async (t) => {
  for (const [name, value] of [['X_BINARY', '/tmp/x'], ['CC_x86_64', '/tmp/cc'], ['TOX_OVERRIDE', 'a=b'], ['DEPENDENCIES_OUTPUT', 'x'], ['HEX_MIRROR', 'https://evil.example'], ['HUSKY', '0'], ['ANY', '/tmp/x.so'], ['NVM_DIR', '/tmp/n'], ['JEST_X', '../../x'], ['ASAN_OPTIONS', 'log_path=x']] as const) t.ok(steersByFamily(name, value), `${name}=${value}`)
  for (const [name, value] of [['CHROME_BIN', '/usr/bin/chromium'], ['MYPY_CACHE_DIR', '/tmp/m'], ['MIX_ENV', 'test'], ['DATABASE_URL', 'sqlite:///tmp/x.db'], ['API_URL', 'https://api.example'], ['ASAN_OPTIONS', 'detect_leaks=0:halt_on_error=1'], ['NODE_ENV', 'test'], ['TF_VAR_x', 'a b'], ['NX_DAEMON', 'false']] as const) t.notOk(steersByFamily(name, value), `${name}=${value}`)
})
