// Accounts as the unmodified supabase-js meets them. SQLite, or where SOCLE_DATABASE says.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isAuthApiError, isAuthRetryableFetchError, isAuthSessionMissingError, isAuthWeakPasswordError } from '@supabase/supabase-js'
import { authenticator, follow, fragment, home, open } from './accounts.mjs'

const password = 'correct horse battery'

let site
before(async () => {
  site = await open()
})
after(() => site?.stop())

const ok = async (answer) => {
  const { data, error } = await answer
  assert.equal(error, null, JSON.stringify(error))
  return data
}

// refused is for refusals that the client must not try again.
const refused = async (answer, code, status) => {
  const { error } = await answer
  assert.ok(isAuthApiError(error) && !isAuthRetryableFetchError(error), `${code}: ${error}`)
  assert.deepEqual([error.code, error.status], [code, status])
  return error
}

let people = 0
const address = (name) => `${name}${++people}@people.test`

// person signs somebody up in a browser of theirs and follows the link that came by mail.
const person = async (name = 'ann', options = {}) => {
  const client = site.browser(options)
  const email = address(name)
  const { session, user } = await ok(client.auth.signUp({ email, password, options: { data: { name }, emailRedirectTo: home } }))
  assert.equal(session, null)
  const place = await follow((await site.mail(email, 'confirmation')).link)
  await arrive(client, place)
  return { client, email, id: user.id }
}

// arrive is what a page does that a link or a provider led to.
const arrive = async (client, place) => {
  assert.equal(place.origin + place.pathname, home)
  const code = place.searchParams.get('code')
  if (code !== null) return ok(client.auth.exchangeCodeForSession(code))
  const { access_token, refresh_token } = fragment(place)
  assert.ok(access_token, place.href)
  return ok(client.auth.setSession({ access_token, refresh_token }))
}

const another = async (email, options) => {
  const client = site.browser(options)
  await ok(client.auth.signInWithPassword({ email, password }))
  return client
}

describe('sign-up and sign-in', () => {
  test('an account is made, confirmed by the mailed link, and signed in', async () => {
    const { client, email, id } = await person('ann')
    const { user } = await ok(client.auth.getUser())
    assert.deepEqual([user.id, user.email, user.role, user.aud], [id, email, 'authenticated', 'authenticated'])
    assert.deepEqual(user.user_metadata.name, 'ann')
    assert.equal(user.app_metadata.provider, 'email')
    assert.ok(!Number.isNaN(Date.parse(user.email_confirmed_at)))
    assert.equal(user.is_anonymous, false)

    const later = await another(email)
    assert.ok(later.events.includes('SIGNED_IN'))
    const { claims } = await ok(later.auth.getClaims())
    assert.deepEqual([claims.sub, claims.role, claims.aal, claims.amr[0].method], [id, 'authenticated', 'aal1', 'password'])
  })

  test('an address that is taken gets the answer of one that is not', async () => {
    const { email } = await person()
    const [taken, free] = await Promise.all([email, address('new')].map((one) => ok(site.browser().auth.signUp({ email: one, password }))))
    assert.equal(taken.session, null)
    assert.deepEqual(Object.keys(taken.user).sort(), Object.keys(free.user).sort())
  })

  test('refusals have the codes that clients decide by', async () => {
    const { email } = await person()
    const client = site.browser()
    await refused(client.auth.signInWithPassword({ email, password: 'another password' }), 'invalid_credentials', 400)
    await refused(client.auth.signInWithPassword({ email: address('nobody'), password }), 'invalid_credentials', 400)
    const waiting = address('ben')
    await ok(client.auth.signUp({ email: waiting, password }))
    await refused(client.auth.signInWithPassword({ email: waiting, password }), 'email_not_confirmed', 400)
    await refused(client.auth.verifyOtp({ email: waiting, token: '000000', type: 'signup' }), 'otp_expired', 403)
    assert.ok(isAuthSessionMissingError((await client.auth.getUser()).error))

    const { error } = await client.auth.signUp({ email: address('cleo'), password: 'short' })
    assert.ok(isAuthWeakPasswordError(error), String(error))
    assert.deepEqual([error.status, error.reasons], [422, ['length']])
  })

  test('a code that is typed confirms as the link does, and resend sends another', async () => {
    const client = site.browser()
    const email = address('dora')
    await ok(client.auth.signUp({ email, password }))
    const first = await site.mail(email, 'confirmation')
    await ok(client.auth.resend({ type: 'signup', email }))
    const second = await site.mail(email, 'confirmation')
    await refused(client.auth.verifyOtp({ email, token: first.code, type: 'email' }), 'otp_expired', 403)
    const { session } = await ok(client.auth.verifyOtp({ email, token: second.code, type: 'email' }))
    assert.equal(session.user.email, email)
  })
})

describe('sessions', () => {
  test('a refresh gives another token, also to two that ask at once', async () => {
    const { client, email } = await person()
    const { session } = await ok(client.auth.getSession())
    const tabs = [site.browser(), site.browser()]
    const both = await Promise.all(tabs.map((tab) => ok(tab.auth.refreshSession({ refresh_token: session.refresh_token }))))
    assert.equal(both[0].session.refresh_token, both[1].session.refresh_token)
    assert.notEqual(both[0].session.refresh_token, session.refresh_token)
    assert.equal(both[0].user.email, email)
    assert.ok(tabs[0].events.includes('TOKEN_REFRESHED'))
  })

  test('an old refresh token ends the session of the thief and of the owner', async () => {
    const { client } = await person()
    const { session: old } = await ok(client.auth.getSession())
    for (let i = 0; i < 3; i++) await ok(client.auth.refreshSession())

    const thief = site.browser()
    thief.kept.set('session', JSON.stringify({ ...old, expires_at: 1 }))
    await refused(thief.auth.getSession(), 'refresh_token_already_used', 400)
    assert.ok(thief.events.includes('SIGNED_OUT'))
    assert.equal(thief.kept.get('session'), undefined)

    await refused(client.auth.refreshSession(), 'refresh_token_not_found', 400)
    assert.ok((await client.auth.getUser()).error)
    await refused(site.browser().auth.refreshSession({ refresh_token: 'made up' }), 'refresh_token_not_found', 400)
  })

  for (const [scope, leaves] of Object.entries({ local: [false, true], others: [true, false], global: [false, false] })) {
    test(`signing out with the scope ${scope}`, async () => {
      const { client: here, email } = await person()
      const there = await another(email)
      const tokens = await Promise.all([here, there].map(async (c) => (await ok(c.auth.getSession())).session.access_token))
      const { error } = await here.auth.signOut({ scope })
      assert.equal(error, null)
      assert.equal(here.events.includes('SIGNED_OUT'), scope !== 'others')
      const good = await Promise.all(tokens.map(async (t) => (await site.browser().auth.getUser(t)).error === null))
      assert.deepEqual(good, leaves)
      const rows = await Promise.all([here, there].map((c) => c.from('entries').select('id')))
      if (!leaves[1]) assert.equal(rows[1].status, 401, 'the data API refuses the token too')
    })
  }
})

describe('what people change about themselves', () => {
  test('metadata and the password, with a code for reauthentication', async () => {
    const { client, email } = await person()
    const other = await another(email)
    await ok(client.auth.updateUser({ data: { name: 'Ann', theme: 'dark' } }))
    assert.ok(client.events.includes('USER_UPDATED'))
    assert.deepEqual((await ok(client.auth.getUser())).user.user_metadata, { name: 'Ann', theme: 'dark' })

    await refused(client.auth.updateUser({ password }), 'same_password', 422)
    assert.ok(isAuthWeakPasswordError((await client.auth.updateUser({ password: 'short' })).error))
    await ok(client.auth.reauthenticate())
    const { code } = await site.mail(email, 'reauthentication')
    await ok(client.auth.updateUser({ password: 'another password', nonce: code }))
    await site.mail(email, 'password_changed')
    await refused(other.auth.refreshSession(), 'refresh_token_not_found', 400)
    await refused(site.browser().auth.signInWithPassword({ email, password }), 'invalid_credentials', 400)
    await ok(site.browser().auth.signInWithPassword({ email, password: 'another password' }))
    await ok(client.auth.refreshSession())
  })

  test('an address is changed once both the old and the new one have agreed', async () => {
    const { client, email, id } = await person()
    const next = address('eve')
    const { user } = await ok(client.auth.updateUser({ email: next }, { emailRedirectTo: home }))
    assert.deepEqual([user.email, user.new_email], [email, next])
    const said = fragment(await follow((await site.mail(email, 'email_change')).link))
    assert.ok(said.message && !said.access_token, JSON.stringify(said))
    assert.equal((await ok(client.auth.getUser())).user.email, email)
    const { user: changed } = await arrive(client, await follow((await site.mail(next, 'email_change')).link))
    assert.deepEqual([changed.id, changed.email], [id, next])
    await ok(site.browser().auth.signInWithPassword({ email: next, password }))
  })

  test('a forgotten password: the link leads back, and a new one is set', async () => {
    const { email } = await person()
    const client = site.browser()
    await ok(client.auth.resetPasswordForEmail(email, { redirectTo: home }))
    await ok(client.auth.resetPasswordForEmail(address('nobody'), { redirectTo: home }))
    const { code } = await site.mail(email, 'recovery')
    await ok(client.auth.verifyOtp({ email, token: code, type: 'recovery' }))
    assert.ok(client.events.includes('PASSWORD_RECOVERY'))
    await ok(client.auth.updateUser({ password: 'a third password' }))
    await ok(site.browser().auth.signInWithPassword({ email, password: 'a third password' }))
    await refused(client.auth.verifyOtp({ email, token: code, type: 'recovery' }), 'otp_expired', 403)
  })
})

describe('without a password', () => {
  test('a magic link with PKCE signs in the browser that asked for it, and no other', async () => {
    const { email, id } = await person()
    const client = site.browser({ flowType: 'pkce' })
    await ok(client.auth.signInWithOtp({ email, options: { emailRedirectTo: home, shouldCreateUser: false } }))
    const place = await follow((await site.mail(email, 'magic_link')).link)
    assert.equal(place.hash, '')
    const code = place.searchParams.get('code')
    const { session } = await ok(client.auth.exchangeCodeForSession(code))
    assert.equal(session.user.id, id)
    assert.ok(client.events.includes('SIGNED_IN'))
  })

  test('a code that another browser brings is spent and gives nothing', async () => {
    const { email } = await person()
    const [client, thief] = [site.browser({ flowType: 'pkce' }), site.browser({ flowType: 'pkce' })]
    await ok(thief.auth.signInWithOtp({ email: address('thief'), options: { emailRedirectTo: home } }))
    await ok(client.auth.signInWithOtp({ email, options: { emailRedirectTo: home } }))
    const code = (await follow((await site.mail(email, 'magic_link')).link)).searchParams.get('code')
    await refused(thief.auth.exchangeCodeForSession(code), 'bad_code_verifier', 400)
    await refused(client.auth.exchangeCodeForSession(code), 'flow_state_not_found', 404)
  })

  test('a link that was used, or sent elsewhere, says so where it leads', async () => {
    const { email } = await person()
    await ok(site.browser().auth.signInWithOtp({ email, options: { emailRedirectTo: 'https://evil.test/' } }))
    const { link } = await site.mail(email, 'magic_link')
    const first = await follow(link)
    assert.equal(first.origin + first.pathname, home)
    const again = fragment(await follow(link))
    assert.deepEqual([again.error, again.error_code], ['access_denied', 'otp_expired'])
  })

  test('a sign-up by PKCE ends with a code as well', async () => {
    const { client, email } = await person('fay', { flowType: 'pkce' })
    assert.equal((await ok(client.auth.getUser())).user.email, email)
  })

  test('somebody anonymous keeps the account, and the rows, once there is an address', async () => {
    const client = site.browser()
    const { user } = await ok(client.auth.signInAnonymously({ options: { data: { cart: 3 } } }))
    assert.equal(user.is_anonymous, true)
    await ok(client.from('entries').insert({ text: 'before there was a name' }))
    const email = address('gil')
    await ok(client.auth.updateUser({ email }, { emailRedirectTo: home }))
    const { user: known } = await arrive(client, await follow((await site.mail(email, 'confirmation')).link))
    assert.deepEqual([known.id, known.email, known.is_anonymous], [user.id, email, false])
    await ok(client.auth.updateUser({ password }))
    const later = await another(email)
    assert.deepEqual((await ok(later.from('entries').select('text'))).map((r) => r.text), ['before there was a name'])
  })
})

describe('second factors', () => {
  const enrolled = async () => {
    const { client, email, id } = await person()
    const { id: factorId, totp } = await ok(client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'phone' }))
    assert.match(totp.qr_code, /^data:image\/svg\+xml/)
    await refused(client.auth.mfa.challengeAndVerify({ factorId, code: '000000' }), 'mfa_verification_failed', 422)
    await ok(client.auth.mfa.challengeAndVerify({ factorId, code: authenticator(totp.secret) }))
    assert.ok(client.events.includes('MFA_CHALLENGE_VERIFIED'))
    return { client, email, id, factorId, secret: totp.secret }
  }
  const levels = async (client) => {
    const { currentLevel, nextLevel } = await ok(client.auth.mfa.getAuthenticatorAssuranceLevel())
    return [currentLevel, nextLevel]
  }

  test('an authenticator lifts the session, and a policy that asks for it', async () => {
    const { client, email, factorId, secret } = await enrolled()
    assert.deepEqual(await levels(client), ['aal2', 'aal2'])
    const later = await another(email)
    assert.deepEqual(await levels(later), ['aal1', 'aal2'])
    await ok(later.from('entries').insert({ text: 'to be deleted with two factors' }))
    assert.deepEqual(await ok(later.from('entries').delete().gt('id', 0).select('text')), [])
    await refused(later.auth.mfa.unenroll({ factorId }), 'insufficient_aal', 403)
    await ok(later.auth.mfa.challengeAndVerify({ factorId, code: authenticator(secret, 1) }))
    assert.equal((await ok(later.from('entries').delete().gt('id', 0).select('text'))).length, 1)
    assert.deepEqual((await ok(later.auth.mfa.listFactors())).totp.map((f) => f.friendly_name), ['phone'])

    await ok(later.auth.mfa.unenroll({ factorId }))
    await ok(later.auth.refreshSession())
    assert.deepEqual(await levels(later), ['aal1', 'aal1'])
  })

  test('a recovery code stands in for the authenticator, once', async () => {
    const { client, email } = await enrolled()
    const { codes } = await ok(client.auth.mfa.recoveryCodes.generate())
    assert.ok(codes.length >= 8 && new Set(codes).size === codes.length)
    const later = await another(email)
    await ok(later.auth.mfa.recoveryCodes.verify({ code: codes[0] }))
    assert.deepEqual(await levels(later), ['aal2', 'aal2'])
    const last = await another(email)
    const { error } = await last.auth.mfa.recoveryCodes.verify({ code: codes[0] })
    assert.ok(isAuthApiError(error) && error.status < 500, String(error))
    await ok(client.auth.mfa.recoveryCodes.getStatus())
  })
})

describe('identities of other parties', () => {
  const at = (who) => Object.assign(site.provider, { who: { email_verified: true, ...who } })

  for (const flowType of ['implicit', 'pkce']) {
    test(`sign-in at a provider, ${flowType}`, async () => {
      const email = address('hal')
      at({ sub: email, email, name: 'Hal' })
      const client = site.browser({ flowType })
      const { url } = await ok(client.auth.signInWithOAuth({ provider: 'acme', options: { redirectTo: home, skipBrowserRedirect: true } }))
      const { user } = await arrive(client, await follow(url))
      assert.deepEqual([user.email, user.app_metadata.provider, user.identities.length], [email, 'acme', 1])
    })
  }

  test('an identity is linked, signs in the same account, and is unlinked', async () => {
    const { client, id } = await person('ivy', { flowType: 'pkce' })
    at({ sub: `of ${id}`, email: address('work') })
    const { url } = await ok(client.auth.linkIdentity({ provider: 'acme', options: { redirectTo: home } }))
    await arrive(client, await follow(url))
    const { identities } = await ok(client.auth.getUserIdentities())
    assert.deepEqual(identities.map((i) => i.provider).sort(), ['acme', 'email'])

    const other = site.browser()
    const signIn = await ok(other.auth.signInWithOAuth({ provider: 'acme', options: { redirectTo: home, skipBrowserRedirect: true } }))
    assert.equal((await arrive(other, await follow(signIn.url))).user.id, id)

    await ok(client.auth.unlinkIdentity(identities.find((i) => i.provider === 'acme')))
    const left = (await ok(client.auth.getUserIdentities())).identities
    assert.deepEqual(left.map((i) => i.provider), ['email'])
    await refused(client.auth.unlinkIdentity(left[0]), 'single_identity_not_deletable', 422)
  })

  test('without PKCE no identity is linked, and the answer says what to do', async () => {
    const { client } = await person('kim', { flowType: 'implicit' })
    const error = await refused(client.auth.linkIdentity({ provider: 'acme', options: { redirectTo: home } }), 'validation_failed', 400)
    assert.match(error.message, /flowType 'pkce'/)
  })
})

describe('a policy in action', () => {
  test('rows of one person are not there for another', async () => {
    const [{ client: ann, id }, { client: ben }] = [await person('ann'), await person('ben')]
    const [row] = await ok(ann.from('entries').insert({ text: "Ann's" }).select('id, text, owner_id'))
    assert.equal(row.owner_id, id)
    assert.deepEqual(await ok(ben.from('entries').select('id').eq('id', row.id)), [])
    assert.equal((await ben.from('entries').insert({ text: 'forged', owner_id: id })).error.code, '42501')
    assert.deepEqual(await ok(ann.from('entries').select('text')), [{ text: "Ann's" }])
    assert.deepEqual(await ok(site.browser().from('entries').select('text')), [])
  })
})

describe('administration', () => {
  test('accounts are made, found, changed and deleted with what was theirs', async () => {
    const { admin } = site.service.auth
    const email = address('ida')
    const { user } = await ok(admin.createUser({ email, password, email_confirm: true, app_metadata: { team: 'blue' }, user_metadata: { name: 'Ida' } }))
    assert.equal(user.app_metadata.team, 'blue')
    await refused(admin.createUser({ email, password }), 'email_exists', 422)
    const client = await another(email)
    await ok(client.from('entries').insert({ text: 'goes with the account' }))

    assert.equal((await ok(admin.getUserById(user.id))).user.email, email)
    const { user: changed } = await ok(admin.updateUserById(user.id, { password: 'set by somebody else', user_metadata: { name: 'Ida B.' } }))
    assert.equal(changed.user_metadata.name, 'Ida B.')
    await ok(site.browser().auth.signInWithPassword({ email, password: 'set by somebody else' }))

    const banned = await ok(admin.updateUserById(user.id, { ban_duration: '24h' }))
    assert.ok(Date.parse(banned.user.banned_until) > Date.now())
    await refused(site.browser().auth.signInWithPassword({ email, password: 'set by somebody else' }), 'user_banned', 400)

    await ok(admin.deleteUser(user.id))
    await refused(admin.getUserById(user.id), 'user_not_found', 404)
    assert.equal((await ok(site.service.from('entries').select('id').eq('owner_id', user.id))).length, 0)
    await refused(site.browser().auth.admin.listUsers(), 'not_admin', 403)
  })

  test('accounts are listed by pages', async () => {
    const { admin } = site.service.auth
    for (let i = 0; i < 3; i++) await ok(admin.createUser({ email: address('listed'), email_confirm: true }))
    const all = await ok(admin.listUsers())
    const first = await ok(admin.listUsers({ page: 1, perPage: 2 }))
    assert.equal(first.users.length, 2)
    assert.equal(first.total, all.users.length)
    assert.equal(first.nextPage, 2)
    const second = await ok(admin.listUsers({ page: 2, perPage: 2 }))
    assert.deepEqual([...first.users, ...second.users].map((u) => u.id), all.users.slice(0, 4).map((u) => u.id))
  })

  test('somebody is invited, and sets a password', async () => {
    const { admin } = site.service.auth
    const email = address('jim')
    const { user } = await ok(admin.inviteUserByEmail(email, { data: { team: 'red' }, redirectTo: home }))
    assert.ok(user.invited_at)
    const client = site.browser()
    await arrive(client, await follow((await site.mail(email, 'invite')).link))
    await ok(client.auth.updateUser({ password }))
    assert.equal((await ok((await another(email)).auth.getUser())).user.user_metadata.team, 'red')
  })

  test('links are made without mail: by address or by their hash', async () => {
    const { admin } = site.service.auth
    const { email, id } = await person('kim')
    const { properties } = await ok(admin.generateLink({ type: 'magiclink', email, options: { redirectTo: home } }))
    assert.equal((await arrive(site.browser(), await follow(properties.action_link))).user.id, id)
    const recovery = await ok(admin.generateLink({ type: 'recovery', email }))
    const { user } = await ok(site.browser().auth.verifyOtp({ type: 'recovery', token_hash: recovery.properties.hashed_token }))
    assert.equal(user.id, id)
    const fresh = await ok(admin.generateLink({ type: 'signup', email: address('lou'), password }))
    assert.equal(fresh.properties.verification_type, 'signup')
    await ok(site.browser().auth.verifyOtp({ type: 'email', email: fresh.user.email, token: fresh.properties.email_otp }))
  })

  test('an administrator signs somebody out', async () => {
    const { client } = await person()
    const { session } = await ok(client.auth.getSession())
    const { error } = await site.service.auth.admin.signOut(session.access_token, 'global')
    assert.equal(error, null)
    await refused(client.auth.refreshSession(), 'refresh_token_not_found', 400)
  })
})
