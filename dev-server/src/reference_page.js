// Shows the reference, and fills the local credentials in, so that every endpoint can be tried at once.
const reference = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  tryItOutEnabled: true,
  onComplete: async () => {
    const answer = await fetch("/reference/keys.json");
    if (!answer.ok) return;
    const keys = await answer.json();
    reference.preauthorizeApiKey("internal", `APIKEY ${keys["aura-bot"]}`);
    reference.preauthorizeApiKey("kernel", `APIKEY ${keys.kernel}`);
    reference.preauthorizeApiKey("public", `APIKEY ${keys.channel}`);
  },
});
