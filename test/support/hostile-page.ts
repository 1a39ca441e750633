/**
 * A page that does what a browser lets any page do to a server on the visitor's machine. It is opened with `#<address of the gateway> <session>`
 * and says `done` in its title when every attempt has come to its end.
 */
export const HOSTILE_PAGE = `<!doctype html><title>Another site</title><body><script type="module">
const [gateway, session] = decodeURIComponent(location.hash.slice(1)).split(' ')
const ended = (target, ...names) => Promise.race(names.map((name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }))))
const send = (path, options) => fetch(gateway + path, { method: 'POST', credentials: 'include', ...options }).catch(() => null)
const simple = (path, options) => send(path, { mode: 'no-cors', ...options })
const element = (tag, path) => ended(document.body.appendChild(Object.assign(document.createElement(tag), { src: gateway + path })), 'load', 'error')
const submit = (path) => {
  const frame = document.body.appendChild(Object.assign(document.createElement('iframe'), { name: 'aside' }))
  const sent = ended(frame, 'load')
  document.body.appendChild(Object.assign(document.createElement('form'), { method: 'post', action: gateway + path, target: 'aside' })).submit()
  return sent
}
await Promise.all([
  submit('/session/' + session + '/abort'),
  simple('/session'),
  simple('/session/' + session + '/shell', { body: JSON.stringify({ agent: 'build', command: 'id' }) }),
  simple('/session/' + session + '/abort'),
  simple('/file/content?path=README.md', { method: 'GET' }),
  send('/session', { headers: { 'content-type': 'application/json' }, body: '{}' }),
  element('img', '/session'),
  element('script', '/config'),
  element('iframe', '/'),
  ended(new WebSocket(gateway.replace('http', 'ws') + '/pty/pty_1/connect'), 'open', 'error'),
  ended(new EventSource(gateway + '/global/event', { withCredentials: true }), 'open', 'error'),
])
document.title = 'done'
</script>`
