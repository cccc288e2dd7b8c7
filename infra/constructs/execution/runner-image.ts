import { existsSync } from "node:fs";
import { join } from "node:path";
import { DockerImageAsset, Platform } from "aws-cdk-lib/aws-ecr-assets";
import { ContainerImage } from "aws-cdk-lib/aws-ecs";
import type { Construct } from "constructs";

export interface RunnerImageProps {
  /** Folder with the bundled runner and its Dockerfile, as the build makes it. */
  readonly folder: string;
  /**
   * Of the Dockerfile, in the folder.
   * @default "Dockerfile"
   */
  readonly file?: string;
  /**
   * An image that exists already, for machines without a container engine.
   * @default - built from the folder at deployment
   */
  readonly image?: string | undefined;
}

/**
 * The image that runs functions outside Lambda. Synthesis only hashes the folder; a container engine
 * is needed where the deployment is made, unless an image is named.
 */
export function runnerImage(scope: Construct, id: string, props: RunnerImageProps): ContainerImage {
  if (props.image !== undefined) return ContainerImage.fromRegistry(props.image);
  const file = props.file ?? "Dockerfile";
  if (!existsSync(join(props.folder, file))) {
    throw new Error(
      `${props.folder}/${file} does not exist: build the runner first (npm run build)`,
    );
  }
  const asset = new DockerImageAsset(scope, id, {
    directory: props.folder,
    file,
    platform: Platform.LINUX_ARM64,
    assetName: "switchyard-runner",
  });
  return ContainerImage.fromDockerImageAsset(asset);
}
