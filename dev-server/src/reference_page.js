// Shows the reference, and fills the local credentials in, so that every endpoint can be tried at once.
const reference = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  tryItOutEnabled: true,
  onComplete: async () => {
    const answer = await fetch("/reference/keys.json");
    if (!answer.ok) return;
    const { apiKeys, copilot } = await answer.json();
    reference.preauthorizeApiKey("internal", `APIKEY ${apiKeys["aura-bot"]}`);
    reference.preauthorizeApiKey("kernel", `APIKEY ${apiKeys.kernel}`);
    reference.preauthorizeApiKey("public", `APIKEY ${apiKeys.channel}`);
    reference.preauthorizeBasic("client", copilot.clientId, copilot.clientSecret);
    reference.preauthorizeApiKey("session", copilot.session);
  },
});
