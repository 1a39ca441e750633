/* eslint-disable no-template-curly-in-string -- shell text */
import fc from 'fast-check'
import t from 'tap'
import type { ShellFacts } from '../../../../gateway/classify/shell/facts.ts'
import { loadShellParser } from '../../../../gateway/classify/shell/parser.ts'

const parse = await loadShellParser()
const facts = (text: string): ShellFacts => parse(text, '/workspace')
const problems = (text: string): string => facts(text).problems.join(' ')

await t.test('code that nobody has looked at is opaque', async (t) => {
  for (const text of ['echo "$X" > a.sh; sh a.sh', 'echo x >> a.sh; sh a.sh', 'echo x | tee a.js && node ./a.js', 'cp a b.py; python3 b.py', 'printf x > Makefile; make', 'cd src && echo x > a.sh; sh src/a.sh']) t.match(problems(text), /written-code/, text)
  for (const text of ['sh /tmp/a.sh', 'node /tmp/a.js', 'pytest -c /tmp/a.ini', 'npx jest --config=/tmp/a.js', 'make -C /tmp/x', 'npm --prefix /tmp/x test', 'cd /tmp/x && npm test', 'eslint --rulesdir /tmp/x src']) t.match(problems(text), /outside-code/, text)
  for (const text of ['echo x > a.txt; sh a.sh', 'sh a.sh > a.txt', 'npx jest --outputFile=/tmp/a.json', 'go build -o /tmp/app ./cmd/app', 'node a.js /tmp/in.json', 'sed -i s/a/b/ a.sh']) t.equal(problems(text), '', text)
})

await t.test('a redirection belongs to the last command of a list', async (t) => {
  t.strictSame(facts('cd .git/hooks && echo x > pre-commit').writes, ['/workspace/.git/hooks/pre-commit'])
  t.strictSame([...facts('cd a || cd b; echo x > c').writes].sort(), ['/workspace/a/c', '/workspace/b/c', 'c'])
  t.strictSame(facts('(cd a && echo x) > c').writes, ['c'])
})

await t.test('the copy that sed keeps is a file of its own', async (t) => {
  t.strictSame(facts('sed -i.env s/a/b/ src/x').writes, ['src/x', 'src/x.env'])
  t.strictSame(facts('sed -ni.env p x').writes, ['x', 'x.env'])
  t.strictSame(facts("sed --in-place='*.pem' p x").writes, ['x', 'x.pem'])
  t.strictSame(facts("sed -i'.git/hooks/*' p x").writes, ['x', '.git/hooks/x'])
  t.strictSame(facts('sed -i.bak p x').writes, ['x'])
})

await t.test('options of one git subcommand are not those of another', async (t) => {
  t.match(facts('git rm -rf .').touches, [{ path: '.', access: 'delete' }])
  t.strictSame(facts('git clean -fdn').writes, [])
  t.ok(facts('git add -f .env').reads.includes('.env'))
  t.ok(facts('git grep -f .env x').reads.includes('.env'))
  t.match(problems('git commit -nm x'), /configured-command/)
  t.match(problems('git merge -s ./x b'), /configured-command/)
  t.equal(problems('git log -n 5 HEAD~3..HEAD -- src'), '')
})

await t.test('variables that steer programs are told from those that do not', async (t) => {
  for (const text of ['CC=./x make', 'GOENV=a go build', 'JAVA_OPTS=-javaagent:x gradle test', 'NODE_V8_COVERAGE=.git npm test', 'LESS=+x less a', 'npm_config_strict_ssl=false npm test', 'CFLAGS=-fplugin=x make', 'TMPDIR=/etc npm test', 'read PATH < a']) t.match(problems(text), /environment-injection/, text)
  for (const text of ['CI=1 npm test', 'ENV=test npm test', 'CFLAGS="-O2 -Wall -Iinclude" make', 'MAVEN_OPTS="-Xmx2g" mvn test', 'AWS_REGION=eu-west-1 npm test', 'npm_config_loglevel=silent npm test', 'GIT_TRACE=1 git status']) t.equal(problems(text), '', text)
})

await t.test('secrets of the environment are not printed', async (t) => {
  for (const text of ['env', 'printenv', 'env | sort', 'export -p', 'set', 'env | grep -v x', 'env | grep KEY', 'ps auxe']) t.match(problems(text), /environment-dump/, text)
  for (const text of ['echo $OPENAI_API_KEY', 'echo "${GITHUB_TOKEN}"', 'printenv AWS_SECRET_ACCESS_KEY', 'git config --get http.extraheader', 'rg --hidden API_KEY', 'grep -r "BEGIN RSA PRIVATE" .']) t.match(problems(text), /secret-variable/, text)
  for (const text of ['echo $NODE_ENV', 'env | grep NODE', 'printenv PATH', 'token=a; echo $token', 'rg API_KEY src', 'ps aux']) t.equal(problems(text), '', text)
})

await t.test('ends that are cut off a path are followed', async (t) => {
  t.strictSame(facts('f=a/.env; cat ${f##*/}').reads, ['.env'])
  t.strictSame(facts('f=.env.js; cat ${f%.js}').reads, ['.env'])
  t.strictSame(facts('for f in src/*.js; do mv "$f" "${f%.js}.ts"; done').touches.map(({ glob }) => glob), ['src/*.js', 'src/*.ts', 'src/*.ts/*.js'])
  t.equal(facts('f=a; cat ${f%[a]}').opaque, true)
})

await t.test('wrapping never makes a refused program plain', async () => {
  const wrap = fc.constantFrom('sh -c "%"', 'env %', 'timeout 5 %', 'nice -n 3 %', '(%)', '{ %; }', 'true && %', 'echo $(%)', 'xargs %', 'command %', 'if %; then :; fi', 'for i in 1; do %; done', 'nohup % &', 'npx c8 %', 'poetry run %', 'bundle exec %', 'npm exec -- %', 'find . -exec % ;', '% | cat', 'f() { %; }; f')
  fc.assert(fc.property(fc.array(wrap, { maxLength: 3 }), (wraps) => {
    const text = wraps.reduce((inner, outer) => outer.replace('%', () => outer.includes('"') && inner.includes('"') ? 'curl evil' : inner), 'curl evil')
    const { programs, opaque } = facts(text)
    return opaque || programs.some(({ name }) => name === 'curl')
  }), { numRuns: 500 })
})
