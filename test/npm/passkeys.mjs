// What a page of the site in the first argument, and one of the site in the second that asks for the first's passkeys, get to see in a
// real browser with a virtual authenticator: one JSON object of outcomes. Ends with 3 where there is no browser.
import authjs from '@supabase/auth-js/dist/main/lib/webauthn.js'
import { launch } from './browser.mjs'

const [home, elsewhere] = process.argv.slice(2)
const browser = await launch()
if (browser === undefined) process.exit(3)
try {
  const page = await (await browser.newContext()).newPage()
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true, defaultBackupEligibility: true, defaultBackupState: true,
    },
  })
  const outcomes = {}
  const go = async (name, url, script) => {
    if (page.url() !== url) await page.goto(url)
    outcomes[name] = await page.evaluate(script)
  }
  await go('none yet', `${home}/`, `get('named')`)
  await go('elsewhere', `${elsewhere}/?home=${home}`, 'create()')
  await cdp.send('WebAuthn.clearCredentials', { authenticatorId })

  await go('made', `${home}/`, 'create()')
  await go('anybody', `${home}/`, `get('anybody')`)
  await go('named', `${home}/`, `get('named')`)
  await go('made twice', `${home}/`, 'create()')
  await go('used elsewhere', `${elsewhere}/?home=${home}`, `get('anybody')`)

  // The same options, read by hand where a browser cannot.
  const { options } = await (await fetch(`${home}/registration/options`, { method: 'POST' })).json()
  const byHand = authjs.deserializeCredentialCreationOptions(options)
  outcomes['by hand'] = {
    user: new TextDecoder().decode(byHand.user.id),
    challenge: Buffer.from(byHand.challenge).toString('base64url') === options.challenge,
    excluded: byHand.excludeCredentials.map((c) => Buffer.from(c.id).toString('base64url')),
  }

  // A copy of the authenticator, taken before its key counted on.
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
  outcomes.kept = credentials.map((c) => ({ resident: c.isResidentCredential, user: Buffer.from(c.userHandle, 'base64').toString(), rpId: c.rpId }))
  await cdp.send('WebAuthn.clearCredentials', { authenticatorId })
  await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credentials[0], signCount: 1 } })
  await go('copied', `${home}/`, `get('anybody')`)

  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  await go('not verified', `${home}/`, `get('anybody')`)
  console.log(JSON.stringify(outcomes))
} finally {
  await browser.close()
}
