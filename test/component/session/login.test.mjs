// SPDX-License-Identifier: GPL-3.0-or-later
// Begin and Answer against real PAM: who gets in, who does not, and what each is told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Bed, password } from "./bed.mjs";

const bed = new Bed("t-session-login", ["--init", "none"]);
const wrong = "The user name or password is not right.";

before(async () => {
  await bed.up();
  await bed.user("anna", { gecos: "Anna Bergér,Room 1" });
  await bed.user("tina", { groups: "station-operator" });
  await bed.user("karin", { groups: "station-operator,station-admin" });
});
after(() => bed.down());

/** Begin, then one Answer; the last reply or error. */
const login = async (user, answer, options) => {
  const h = await bed.helper();
  const begun = await h.call("Begin", bed.begin(user, options));
  assert.deepEqual(begun, { prompts: [{ text: "Password: ", echo: false }], messages: [], done: false, person: null });
  const started = Date.now();
  const m = await h.raw("Answer", { answers: [answer] });
  return { h, ms: Date.now() - started, error: m.error?.split(".").at(-1), ...m.parameters };
};

test("the right password: the account's facts", async () => {
  const a = await login("anna", password);
  assert.deepEqual(a.person, { user: "anna", uid: 39201, gid: 39201, full_name: "Anna Bergér", role: "standard" });
  assert.equal(a.done, true);
  await a.h.call("Discard");
  assert.equal((await a.h.closed).status, 0);
  assert.equal((await login("tina", password)).person.role, "operator");
  assert.equal((await login("karin", password)).person.role, "administrator");
});

test("a wrong password and an unknown user are told the same, after the same time", async () => {
  const known = await login("anna", "not it");
  const unknown = await login("nobody-here", "not it");
  for (const a of [known, unknown]) {
    assert.equal(a.error, "Denied");
    assert.equal(a.reason, wrong);
    assert.deepEqual(a.messages, []);
    assert.ok(a.ms >= 1990 && a.ms < 4000, `${a.ms} ms`);
    assert.equal((await a.h.closed).status, 0);
  }
});

test("a locked account is told no more than a wrong password", async () => {
  await bed.user("lena");
  await bed.sh("usermod -L lena");
  assert.equal((await login("lena", password)).reason, wrong);
});

test("an expired account is told so, but only to who knows the password", async () => {
  await bed.user("emil");
  await bed.sh("usermod -e 2020-01-01 emil");
  assert.equal((await login("emil", "not it")).reason, wrong);
  const a = await login("emil", password);
  assert.equal(a.error, "Denied");
  assert.equal(a.reason, "This account has expired. Ask an administrator to renew it.");
});

test("an expired password is changed in the conversation", async () => {
  await bed.user("paul");
  await bed.sh("chage -d 0 paul");
  const a = await login("paul", password);
  assert.equal(a.error, undefined);
  assert.equal(a.done, false);
  assert.match(a.messages.map((m) => m.text).join(), /change your password/);
  assert.equal(a.prompts.length, 1);
  let r = await a.h.call("Answer", { answers: [password] });
  assert.match(r.prompts[0].text, /^New password/);
  r = await a.h.call("Answer", { answers: ["Ganz-Neu-9876"] });
  assert.match(r.prompts[0].text, /^Retype/);
  r = await a.h.call("Answer", { answers: ["Ganz-Neu-9876"] });
  assert.equal(r.done, true);
  assert.equal(r.person.user, "paul");
  assert.equal((await login("paul", "Ganz-Neu-9876")).done, true);
  assert.equal((await login("paul", password)).reason, wrong);
});

test("an expired password that is not changed lets nobody in", async () => {
  await bed.user("olga");
  await bed.sh("chage -d 0 olga");
  const a = await login("olga", password);
  const e = await a.h.fails("Answer", { answers: ["not it"] });
  assert.equal(e.error, "Denied");
  assert.match(e.reason, /present password was not typed right|was not changed/);
});

test("messages of PAM come with the refusal: /etc/nologin", async () => {
  await bed.write("/etc/nologin", "Exam system: open again at noon.\n");
  const a = await login("anna", password);
  await bed.sh("rm /etc/nologin");
  assert.equal(a.error, "Denied");
  assert.notEqual(a.reason, wrong);
  assert.deepEqual(a.messages, [{ text: "Exam system: open again at noon.", error: true }]);
});

test("several prompts in one reply, and text with control characters", async () => {
  await bed.write("/usr/local/bin/t-tell", "#!/bin/sh\nprintf 'a\\033[31mred\\n'\n", 0o755);
  await bed.write("/etc/pam.d/t-two", "auth required pam_exec.so stdout /usr/local/bin/t-tell\nauth required pam_unix.so\naccount required pam_unix.so\n");
  const h = await bed.helper();
  const begun = await h.call("Begin", bed.begin("anna", { service: "t-two" }));
  assert.deepEqual(begun.messages, [{ text: "a[31mred", error: false }]);
  assert.equal((await h.fails("Answer", { answers: [] })).error, "InvalidParameter");
  assert.equal((await h.fails("Answer", { answers: ["a", "b"] })).error, "InvalidParameter");
  assert.equal((await h.fails("Answer", { answers: ["x".repeat(600)] })).error, "InvalidParameter");
  assert.equal((await h.fails("Open", {})).error, "WrongState");
  assert.equal((await h.call("Answer", { answers: [password] })).done, true);
});

test("a broken PAM service is the system's fault, not the person's", async () => {
  await bed.write("/etc/pam.d/t-broken", "auth required pam_not_there.so\naccount required pam_unix.so\n");
  const h = await bed.helper();
  const e = await h.fails("Begin", bed.begin("anna", { service: "t-broken" }));
  assert.equal(e.error, "Denied");
  assert.match(e.reason, /does not work. Tell an administrator/);
});

test("start: no password, unknown user by name, root and expired accounts refused", async () => {
  let h = await bed.helper();
  assert.equal((await h.call("Begin", bed.begin("anna", { purpose: "start" }))).done, true);
  h.end();
  h = await bed.helper();
  const e = await h.fails("Begin", bed.begin("nobody-here", { purpose: "start" }));
  assert.equal(e.error, "UnknownUser");
  assert.equal(e.user, "nobody-here");
  assert.match(e.reason, /no account "nobody-here"/);
  await h.closed;
  for (const [user, reason] of [["root", /root does not work at a station/], ["emil", /has expired/]]) {
    h = await bed.helper();
    const d = await h.fails("Begin", bed.begin(user, { purpose: "start" }));
    assert.equal(d.error, "Denied");
    assert.match(d.reason, reason);
  }
});

test("dashboard: the helper ends by itself after done; root is an administrator", async () => {
  await bed.sh(`echo 'root:${password}' | chpasswd`);
  const a = await login("root", password, { purpose: "dashboard" });
  assert.equal(a.person.role, "administrator");
  assert.equal((await a.h.closed).status, 0);
});

test("bad calls are refused by the name of what is wrong; who leaves ends the helper", async () => {
  const h = await bed.helper();
  for (const [key, value] of [["purpose", "party"], ["service", "../passwd"], ["user", ""], ["address", 7]])
    assert.deepEqual(await h.fails("Begin", { ...bed.begin("anna"), [key]: value }), { error: "InvalidParameter", parameter: key });
  assert.equal((await h.fails("Describe", {})).error, "WrongState");
  await h.call("Begin", bed.begin("anna"));
  h.end();
  assert.equal((await h.closed).status, 0);
});
