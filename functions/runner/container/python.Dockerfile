# The runner's image for Python functions: AWS's own base image for this version of Python, with the
# runner and the Node that it needs in it. Built from dist/runner (npm run build), like the other:
#
#   docker buildx build --platform linux/arm64,linux/amd64 --file dist/runner/python.Dockerfile \
#     --build-arg PYTHON_VERSION=3.13 --tag switchyard-runner-python dist/runner
ARG NODE_IMAGE=public.ecr.aws/docker/library/node:24-slim
ARG PYTHON_VERSION=3.13
FROM ${NODE_IMAGE} AS node

FROM public.ecr.aws/lambda/python:${PYTHON_VERSION}
COPY --from=node /usr/local/bin/node /usr/local/bin/node
# Node needs the C++ library, which a small base may lack. If it still does not start, the build ends
# here and not an attempt later.
RUN (node --version || microdnf install -y libstdc++) && node --version && mkdir /functions
COPY . /opt/switchyard/runner/
ENV NODE_ENV=production \
    SWITCHYARD_FUNCTIONS=/functions
# Nothing is written outside of /tmp, so that the root file system may be read-only.
WORKDIR /functions
USER 1000
ENTRYPOINT ["node", "/opt/switchyard/runner/container.mjs"]
