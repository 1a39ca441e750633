import fc from 'fast-check'
import t from 'tap'
import { modelRoute } from '../../../../gateway/planes/model/model-route.ts'

const modelOf = (escaped: string): string | null => {
  const route = modelRoute('GET', `/weir/model/p/v1/models/${escaped}`)
  return route?.action === 'models' ? route.model : null
}

await t.test('models are asked about, one or all, with GET only', async (t) => {
  t.same(modelRoute('GET', '/weir/model/p/v1beta/models?pageSize=5'), { action: 'models', provider: 'p', model: null })
  t.same(modelRoute('GET', '/weir/model/p/v1/models/m1?beta=true'), { action: 'models', provider: 'p', model: 'm1' })
  t.equal(modelRoute('GET', '/weir/model/p/v1/chat/completions'), null)
  t.equal(modelRoute('GET', '/weir/model/%70/v1/models/m1'), null)
  t.equal(modelRoute('DELETE', '/weir/model/p/v1/models/m1'), null)
})

await t.test('the slashes and colons of a name may be escaped or not', async (t) => {
  for (const escaped of ['org/model:8b', 'org%2Fmodel:8b', 'org%2Fmodel%3A8b']) t.equal(modelOf(escaped), 'org/model:8b')
})

await t.test('an escape that is none names no model', async (t) => {
  for (const escaped of ['%', '%zz', '%ff', 'a%', '']) t.equal(modelOf(escaped), null)
})

await t.test('whatever stands there, a route is found or none is', async () => {
  fc.assert(fc.property(fc.string(), fc.constantFrom('GET', 'POST', 'PUT'), (text, method) => {
    modelRoute(method, text)
    modelRoute(method, `/weir/model/${text}`)
    modelRoute(method, `/weir/model/p/v1/models/${text}`)
  }))
})

t.end()
