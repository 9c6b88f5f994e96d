"""`/api/auth/client/`: an API key for a token."""

from aiohttp import web

from api import auth
from api.clock import rfc3339
from api.http import add, answer, body, client_of_key
from api.operation import Operation, operation
from api.schema import ClientAuthenticationRequest, ClientAuthenticationResponse, parse
from api.services import SERVICES


@operation(
    Operation(
        asks=ClientAuthenticationRequest,
        answers={200: ClientAuthenticationResponse},
        errors=("invalid_api_key",),
        credential=False,
    )
)
async def client_authentication(request: web.Request) -> web.Response:
    """Issue a token, good for an hour at most."""
    wanted = parse(ClientAuthenticationRequest, await body(request))
    client = await client_of_key(request, wanted.api_key)
    token, expires = request.app[SERVICES].credentials.issue(client, auth.prefix_of(wanted.api_key))
    return answer(ClientAuthenticationResponse(jwt_token=token, expires_at=rfc3339(expires), client_id=client.client_id))


def mount(app: web.Application) -> None:
    """Add the route."""
    add(app, "POST", "/api/auth/client/", client_authentication)
