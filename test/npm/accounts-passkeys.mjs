// What a page of a served project, at the first argument, gets to see of passkeys with the unmodified client and the key in the second:
// one JSON object of outcomes. Ends with 3 where there is no browser.
import { launch } from './browser.mjs'

const [home, key] = process.argv.slice(2)
const browser = await launch()
if (browser === undefined) process.exit(3)
try {
  const page = await (await browser.newContext()).newPage()
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true,
    },
  })
  await page.goto(`${home}/`)
  const saw = await page.evaluate(async (key) => {
    const { auth } = supabase.createClient(location.origin, key)
    const level = async () => (await auth.mfa.getAuthenticatorAssuranceLevel()).data.currentLevel
    const saw = {}
    await auth.signUp({ email: 'ann@example.org', password: 'correct horse battery' })
    const made = await auth.registerPasskey()
    saw.made = made.error?.message ?? typeof made.data.id
    await auth.passkey.update({ passkeyId: made.data?.id, friendlyName: 'Laptop' })
    saw.before = await level()
    await auth.signOut({ scope: 'local' })
    const used = await auth.signInWithPasskey()
    saw.used = used.error?.message ?? used.data.user.email
    saw.after = await level()
    saw.list = (await auth.passkey.list()).data.map((p) => [p.friendly_name, typeof p.last_used_at])
    const twice = await auth.registerPasskey()
    saw.twice = twice.error?.name ?? 'made'
    saw.gone = (await auth.passkey.delete({ passkeyId: made.data?.id })).error?.code ?? 'gone'
    saw.unknown = (await auth.signInWithPasskey()).error?.code ?? 'signed in'
    return saw
  }, key)
  console.log(JSON.stringify(saw))
} finally {
  await browser.close()
}
