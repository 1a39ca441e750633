import type { Configuration, DeviceAuthorizationResponse, TokenEndpointResponse } from 'openid-client'
import { createDiscovery } from '../identity/oidc/provider-metadata.ts'
import { CommandFailed } from './io.ts'

/** How a gateway says that one logs in there. */
export interface LoginTerms { readonly issuer: string, readonly clientId: string, readonly scopes: string }

export interface ProviderTokens { readonly idToken: string, readonly refreshToken: string | null }

/**
 * Lets a person log in on any device with a browser (RFC 8628); waits as long and as patiently as the provider says.
 *
 * @param show tells the person where to go and what to enter
 * @throws CommandFailed when it was refused or took too long; GatewayError WEIR_ERR_UPSTREAM
 */
export async function deviceLogin (terms: LoginTerms, show: (address: string, code: string) => void): Promise<ProviderTokens> {
  const { initiateDeviceAuthorization, pollDeviceAuthorizationGrant } = await import('openid-client')
  const configuration = await configurationOf(terms)
  if (configuration.serverMetadata().device_authorization_endpoint === undefined) throw new CommandFailed(`${terms.issuer} offers no login by device code. Have it switched on for the client ${terms.clientId}.`)
  let begun: DeviceAuthorizationResponse
  try {
    begun = await initiateDeviceAuthorization(configuration, { scope: terms.scopes })
  } catch (thrown) {
    throw refusal(thrown)
  }
  show(begun.verification_uri_complete ?? begun.verification_uri, begun.user_code)
  try {
    return tokensOf(await pollDeviceAuthorizationGrant(configuration, begun))
  } catch (thrown) {
    throw refusal(thrown)
  }
}

/** New tokens for a refresh token; null when the provider no longer takes it. */
export async function refreshLogin (terms: LoginTerms, refreshToken: string): Promise<ProviderTokens | null> {
  const { refreshTokenGrant, ResponseBodyError } = await import('openid-client')
  try {
    const { idToken, refreshToken: next } = tokensOf(await refreshTokenGrant(await configurationOf(terms), refreshToken))
    return { idToken, refreshToken: next ?? refreshToken }
  } catch (thrown) {
    if (thrown instanceof ResponseBodyError || thrown instanceof CommandFailed) return null
    throw thrown
  }
}

async function configurationOf ({ issuer, clientId }: LoginTerms): Promise<Configuration> {
  return await createDiscovery({ issuer, clientId, clientSecret: null }, Date.now)()
}

function tokensOf ({ id_token: idToken, refresh_token: refreshToken }: TokenEndpointResponse): ProviderTokens {
  if (idToken === undefined) throw new CommandFailed('The identity provider gave no ID token: the scopes must have openid.')
  return { idToken, refreshToken: refreshToken ?? null }
}

const WORDS: Readonly<Record<string, string>> = {
  access_denied: 'The login was refused.',
  expired_token: 'The code was not entered in time. Begin again.',
}

function refusal (thrown: unknown): unknown {
  const code = typeof thrown === 'object' && thrown !== null && 'error' in thrown ? thrown.error : null
  if (typeof code !== 'string') return thrown
  return new CommandFailed(WORDS[code] ?? `The identity provider refuses the login: ${code.slice(0, 64).replace(/[^a-z_]/g, '?')}.`)
}
