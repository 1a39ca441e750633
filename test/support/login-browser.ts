/** A person with a browser who logs in at the test's identity provider: follows redirects, keeps cookies, fills in and sends each form. */
export async function logInAt (address: string, account: string, answer: 'confirm' | 'abort' = 'confirm', cookies = new Map<string, string>()): Promise<string> {
  let url = address
  let form: URLSearchParams | null = null
  for (let step = 0; step < 30; step += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === null ? {} : { method: 'POST', body: form }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const page = await response.text()
    const location = response.headers.get('location')
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1]
    if ((location === null && action === undefined) || form?.has('abort') === true) return page
    url = new URL(location ?? action ?? '', url).href
    form = location === null ? filledIn(page, account, answer) : null
  }
  throw new Error('the login does not end')
}

function filledIn (page: string, account: string, answer: string): URLSearchParams {
  const fields = [...page.matchAll(/<input[^>]*>/g)].map(([input]) => [/name="([^"]+)"/.exec(input)?.[1], /value="([^"]*)"/.exec(input)?.[1] ?? ''] as const)
  const form = new URLSearchParams(fields.flatMap(([name, value]) => name === undefined ? [] : [[name, value] as [string, string]]))
  if (form.has('login')) form.set('login', account)
  if (form.has('password')) form.set('password', 'any')
  if (answer === 'abort' && form.has('confirm')) {
    form.delete('confirm')
    form.set('abort', 'yes')
  }
  return form
}
