// An Apache of a test's own, and a service behind it that repeats its headers.
const MODULES = '/usr/lib/apache2/modules';
const LOADED = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'proxy', 'proxy_http', 'auth_openidc'];

/** What every Apache has somewhere; the guide's file is the rest. */
const configuration = ({ port, folder }, name) => `
ServerRoot ${folder}
ServerName localhost:${port}
Listen 127.0.0.1:${port}
PidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}
ErrorLog ${folder}/error.log
LogLevel warn auth_openidc:info
User www-data
Group www-data
${LOADED.map((module) => `LoadModule ${module}_module ${MODULES}/mod_${module}.so`).join('\n')}
Include ${folder}/${name}
`;

/** Starts both, with a file of the guide. */
export async function startApache(foreign, name) {
  await foreign.serve(9001, (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(request.headers));
  });
  await foreign.copy(name);
  await foreign.write('httpd.conf', configuration(foreign, name));
  const told = ['-D', 'FOREGROUND', '-f', `${foreign.folder}/httpd.conf`];
  await foreign.start('/usr/sbin/apache2', told, { path: '/public/' });
}
