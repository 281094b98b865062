"""Prints every organization that the caller has access to, with its resources.

Needs `requests`. TOKEN is the bearer token, BASE_URL the base URL of the API.
"""

import os

import requests

BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:8080/api")
token = os.environ["TOKEN"]
headers = {"Authorization": f"Bearer {token}"}

# Get organization stats
orgs = requests.get(f"{BASE_URL}/organizations", headers=headers).json()

for org in orgs:
    print(f"\n{org['name']}")
    print(f"  Domain: {org['domain']}")
    print(f"  Users: {org['users_count']}")
    print(f"  Workspaces: {org['workspaces_count']}")
    print(f"  Created: {org['created_at']}")
