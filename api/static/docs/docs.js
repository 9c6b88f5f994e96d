// Shows the device's OpenAPI document. Everything is put in as text, never as markup.

const make = (tag, text = "", attributes = {}) => {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

const within = (tag, ...children) => {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
};

// Text in which `words` in backticks are code.
const marked = (text) => text.split("`").map((part, n) => (n % 2 ? make("code", part) : part)).filter((part) => part !== "");

const nameOf = (reference) => reference.split("/").pop();

// What a value may be, in words: nodes, so that models are links.
function kind(schema) {
  if (schema.$ref) return [make("a", nameOf(schema.$ref), { href: `#model-${nameOf(schema.$ref)}` })];
  if (schema.allOf) return kind(schema.allOf[0]);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.flatMap((option, n) => (n ? [" or ", ...kind(option)] : kind(option)));
  if ("const" in schema) return [make("code", JSON.stringify(schema.const))];
  if (schema.enum) return schema.enum.flatMap((value, n) => [n ? ", " : "", make("code", JSON.stringify(value))]);
  if (schema.type === "array") return ["list of ", ...kind(schema.items ?? {})];
  return [schema.format ? `${schema.type} (${schema.format})` : schema.type ?? "anything"];
}

const BOUNDS = {
  minimum: "at least", maximum: "at most", exclusiveMinimum: "above", exclusiveMaximum: "below",
  minLength: "shortest", maxLength: "longest", minItems: "fewest", maxItems: "most",
};

function limits(schema) {
  const parts = [schema, ...(schema.anyOf ?? [])];
  const told = parts.flatMap((part) =>
    Object.entries(BOUNDS).filter(([name]) => name in part).map(([name, words]) => `${words} ${part[name]}`));
  return told.length ? ` (${told.join(", ")})` : "";
}

function table(heads, rows) {
  const head = within("tr", ...heads.map((text) => make("th", text, { scope: "col" })));
  const body = rows.map((cells) => within("tr", ...cells.map((cell) => within("td", ...[cell].flat()))));
  return within("table", within("thead", head), within("tbody", ...body));
}

function contentOf(part) {
  return Object.entries(part.content ?? {}).flatMap(([type, { schema }]) =>
    type === "application/json" ? kind(schema) : [type]);
}

function socketRows(socket) {
  const row = (who, references) => [who, references.flatMap((one, n) => (n ? [", ", ...kind(one)] : kind(one)))];
  return [row("The client sends", socket.hears), row("The device sends", socket.says)];
}

const methodMark = (method) => make("span", method.toUpperCase(), { class: `method ${method}` });

function operation(path, method, said) {
  const article = make("article", "", { id: said.operationId });
  article.append(within("h2", methodMark(method), make("code", path)));
  for (const paragraph of said.description.split("\n\n")) article.append(within("p", ...marked(paragraph)));
  article.append(make("p", said.security.length ? "Credential: Authorization: Bearer, or X-API-Key." : "No credential."));
  if (said.parameters.length) {
    const rows = said.parameters.map((one) => [make("code", one.name), one.in, [...kind(one.schema), limits(one.schema)]]);
    article.append(make("h3", "Parameters"), table(["Name", "Where", "What"], rows));
  }
  if (said.requestBody) article.append(make("h3", "Body"), within("p", ...contentOf(said.requestBody)));
  const rows = Object.entries(said.responses).map(([status, one]) => [status, marked(one.description), contentOf(one)]);
  article.append(make("h3", "Answers"), table(["Status", "What", "Content"], rows));
  if (said["x-websocket"]) article.append(make("h3", "Messages"), table(["Who", "What"], socketRows(said["x-websocket"])));
  return article;
}

function model(name, schema) {
  const article = make("article", "", { id: `model-${name}` });
  article.append(make("h2", name), within("p", ...marked(schema.description ?? "")));
  const needed = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([field, spec]) => [
    make("code", field), [...kind(spec), limits(spec)], needed.has(field) ? "always" : "optional",
  ]);
  if (rows.length) article.append(table(["Field", "What", "There"], rows));
  return article;
}

function show(said) {
  const operations = Object.entries(said.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => [path, method, one]));
  const links = operations.map(([path, method, one]) => {
    const link = make("a", "", { href: `#${one.operationId}` });
    link.append(methodMark(method), path);
    return within("li", link);
  });
  document.getElementById("contents").append(within("ul", ...links));
  document.getElementById("operations").append(...operations.map((one) => operation(...one)));
  const models = Object.entries(said.components.schemas).map((one) => model(...one));
  document.getElementById("models").append(make("h1", "Objects"), ...models);
  document.getElementById("state").remove();
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

try {
  const response = await fetch("/api/openapi.json");
  if (!response.ok) throw new Error(`status ${response.status}`);
  show(await response.json());
} catch (error) {
  document.getElementById("state").textContent = `The document cannot be read: ${error.message}`;
}
